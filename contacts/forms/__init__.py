"""Forms of the desk: what may be typed, how long it may be, and the plain French error tied to each field."""
