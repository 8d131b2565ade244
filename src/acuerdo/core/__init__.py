"""The pure floor: it decides, and never looks at a clock, a network, a disk or chance."""
