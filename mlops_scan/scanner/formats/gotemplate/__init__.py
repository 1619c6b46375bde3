"""Go's text/template with the functions Helm offers, evaluated in process: it runs nothing and opens nothing."""
