"""Invoices, proformas and credit notes as documents: what they say (`content`), and how that looks (`rendering`)."""
