"""What people do beside platform work: main job, working time and contract, by rules that are declared and printed."""
