# How strongly the anchor is looked at: weak, as published, strong.
add-below=a strawberry
add-below=a castle
add-below=a sailboat
top
up
edit=watercolour
set=size 192x192
set=steps 20
set=seed 21
set=weight 0.2
paint
set=weight 1
paint
set=weight 5
paint
replay
top
