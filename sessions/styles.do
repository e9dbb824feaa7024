# The same subjects in two styles.
add-below=a castle
add-below=a fish
add-below=a fox
down
bottom
top
down
edit=192x192
down
edit=20
down
down
down
edit=3
top
up
top
up
edit=linocut
paint
edit=3d render
paint
replay
top
