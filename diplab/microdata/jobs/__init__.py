"""Work outside platforms: main job, working time and contract, by declared rules."""
