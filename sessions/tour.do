# One set, plain and aligned, with the same noise.
add-below=a strawberry
add-below=a castle
add-below=a sailboat
add-below=a fish
top
up
edit=watercolour
# The settings: steps, seed.
previous-pane
previous-pane
bottom
top
down
down
edit=25
down
down
down
edit=21
next-pane
next-pane
paint-both
# The last picture painted is the first of the gallery's.
gallery
star
replay
top
