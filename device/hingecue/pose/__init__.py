"""From a picture to 33 landmarks and a mask, to the contour of the back, to spinal flexion."""
