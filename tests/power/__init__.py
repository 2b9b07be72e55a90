"""Power loss: what a day's work writes is recorded call by call, cut off at random points, and opened again."""
