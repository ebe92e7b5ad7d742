"""Bank statements: files read into transfers (`reading`), and what each may pay (`matching`). Nothing here writes."""
