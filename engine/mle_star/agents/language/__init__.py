"""The six agents at work: what each is asked, and what is made of its answers."""
