"""Infrastructure and deployments that Python code declares: constructs, client objects and SDK calls as facts."""
