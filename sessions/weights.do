# How strongly the anchor is looked at: weak, as published, strong.
add-below=a strawberry
add-below=a castle
add-below=a sailboat
top
up
edit=watercolour
down
bottom
down
# Size, steps, seed, weight.
top
bottom
top
down
edit=192x192
down
edit=20
down
down
down
edit=21
down
down
down
edit=0.2
paint
edit=1
paint
edit=5
paint
replay
top
