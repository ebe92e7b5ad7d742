"""The catalog as one file that people can read, edit and keep under version control."""
