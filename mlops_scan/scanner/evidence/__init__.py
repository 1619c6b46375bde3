"""Which capabilities there are, in which state: a file each for those that no single signature proves."""
