"""What was measured, gathered into `bench/RESULTS.md`: a fragment a part, and the page made of them."""
