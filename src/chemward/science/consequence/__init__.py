"""One accident from the hole to the contours on the map."""
