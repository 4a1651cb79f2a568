"""What the product costs. Each module prints one line of JSON: machine, versions, seed, figures."""
