# One set, plain and aligned, with the same noise.
add-below=a strawberry
add-below=a castle
add-below=a sailboat
add-below=a fish
top
up
edit=watercolour
set=steps 25
set=seed 21
paint-both
# The last picture painted is the first of the gallery's.
gallery
star
replay
top
