"""Videos that people upload, made fit for every classroom's browser, in a process of their own."""
