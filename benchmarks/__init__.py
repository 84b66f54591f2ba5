"""Speed, memory and accuracy in figures: `python -m benchmarks` lists what there is."""
