"""What training minimises: the papers' losses and a few stronger ones, each a record and a pure function."""
