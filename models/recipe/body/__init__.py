"""Our own renderer of clothed people that bend: the only source of the training pictures and of the demo film.

World frame (metres): z up, the body faces -y, x points to the body's left; the floor is z = 0.
Angles in degrees, flexion (bending forward) positive. No torch at render time; no photograph is used anywhere.

`bank` makes the bodies, `pose` bends them, `clothes` dresses them, `things` gives them something to lift,
`scene` puts a camera, a room and light around them, `raster` turns it all into pixels.
"""
