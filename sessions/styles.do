# The same subjects in two styles.
add-below=a castle
add-below=a fish
add-below=a fox
set=size 192x192
set=steps 20
set=seed 3
top
up
edit=linocut
paint
edit=3d render
paint
replay
top
