"""Solutions: ordered blocks of code, their text form and the rules for editing one."""
