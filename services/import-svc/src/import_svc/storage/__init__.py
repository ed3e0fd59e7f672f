"""What is kept in the schema `import_svc`, and the queries to it."""
