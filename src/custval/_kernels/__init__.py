"""The formula book: arrays in, arrays out; one file per paper or method. Needs numpy and scipy only."""
