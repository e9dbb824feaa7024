#!/bin/bash
# Runs stages on a machine with GPUs that is lent in short pieces. Stages go on in the background
# from one call to the next, as long as the machine stays; results come back in parts under 16 MiB.
#
#   piece.sh all GPUS SECONDS [--further]   everything in one go, in the background (see mini/conduct.py)
#   piece.sh look [SECONDS]           waits so long, at most until all is done; then how things stand
#   piece.sh send DIR [MEGABYTES] [--again]   results not sent yet (see mini/bundle.py)
#   piece.sh finish                   lets the stages of 'all' save and end
#   piece.sh unpack DIR               joins DIR/*.tar.* into the run folder
#   piece.sh start NAME GPUS 'STAGE ARGS; STAGE ARGS; ...'
#   piece.sh wait SECONDS             until all is done, or that long; then the ends of the logs
#   piece.sh bundle DIR NAME...       checkpoints of the stages named, sheets, figures and logs
#
# PACK and RUN name the sprite pack and the run folder.
set -u
PACK=${PACK:-carry/pack}
RUN=${RUN:-/tmp/run}
PYTHON=${PYTHON:-python3}
PART=16000000
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH=$here PYTHONUNBUFFERED=1
# few threads and compilers a process: many run side by side; looking for GPUs must not touch CUDA before forks
export OMP_NUM_THREADS=4 TORCHINDUCTOR_COMPILE_THREADS=8 PYTORCH_NVML_BASED_CUDA_CHECK=1
export NCCL_NVLS_ENABLE=0 GLOO_SOCKET_IFNAME=lo TOKENIZERS_PARALLELISM=false
mkdir -p "$RUN"

alive() { kill -0 "$(cat "$RUN/conductor.pid" 2>/dev/null)" 2>/dev/null; }

# Several GPUs: one process each, under torch's launcher.
stage() {
    local gpus=$1 count launch=()
    shift
    count=$(awk -F, '{print NF}' <<<"$gpus")
    [ "$count" -gt 1 ] && launch=(torch.distributed.run --standalone --nproc-per-node "$count" -m)
    echo "== $*"
    CUDA_VISIBLE_DEVICES=$gpus "$PYTHON" -m "${launch[@]}" mini "$@" --pack "$PACK" --out "$RUN"
}

case $1 in
all)
    alive && echo "already running" && exit 0
    # pack and code inside the checkout may be replaced by the next call: run from copies
    rm -rf "$RUN/code" && mkdir "$RUN/code" && cp -r "$here/mini" "$here/lists" "$RUN/code/" || exit 1
    cp -r "$PACK" "$RUN/code/pack" || exit 1
    cd "$RUN/code" || exit 1
    PYTHONPATH=$RUN/code setsid "$PYTHON" -m mini.conduct "${@:2}" \
        --pack "$RUN/code/pack" --out "$RUN" >"$RUN/conductor.log" 2>&1 </dev/null &
    echo $! >"$RUN/conductor.pid"
    ;;
look)
    for ((i = 0; i < ${2:-0}; i++)); do
        alive || break
        sleep 1
    done
    for log in "$RUN"/*.log; do
        case $log in *conductor.log) tail -n 30 "$log" ;; *) echo "--- $(basename "$log"): $(tail -n 2 "$log" | cut -c1-250)" ;; esac
    done
    ;;
send)
    shift
    "$PYTHON" -m mini.bundle "$RUN" "$@" && ls -l "$1"
    ;;
finish)
    alive && kill "$(cat "$RUN/conductor.pid")"
    ;;
unpack)
    # what came from there need not be sent back
    cat "$2"/*.tar.* | tar x -C "$RUN" && "$PYTHON" -m mini.bundle "$RUN" --known && ls -l "$RUN"
    ;;
start)
    # a pack inside the checkout may be replaced by the next call: keep our own
    if [ ! -d "$RUN/code/pack" ]; then mkdir -p "$RUN/code" && cp -r "$PACK" "$RUN/code/pack"; fi
    PACK=$RUN/code/pack RUN=$RUN PYTHON=$PYTHON setsid "$0" chain "$3" "$4" >"$RUN/$2.log" 2>&1 &
    echo $! >"$RUN/$2.pid"
    ;;
chain)
    # the code too: run from a copy
    code=$(mktemp -d) && cp -r "$here/mini" "$here/lists" "$code" && export PYTHONPATH=$code
    IFS=';' read -ra steps <<<"$3"
    for step in "${steps[@]}"; do
        read -ra words <<<"$step"
        stage "$2" "${words[@]}" || echo "FAILED: $step"
    done
    ;;
wait)
    for ((i = 0; i < $2; i++)); do
        busy=0
        for file in "$RUN"/*.pid; do kill -0 "$(cat "$file")" 2>/dev/null && busy=1; done
        [ $busy = 0 ] && break
        sleep 1
    done
    for log in "$RUN"/*.log; do
        echo "--- $log"
        tail -n 25 "$log"
    done
    ;;
bundle)
    out=$2
    shift 2
    cd "$RUN" && rm -f "$out"/run.tar.*
    files=()
    for name in "$@"; do
        for file in "$name.safetensors" "$name.compiled"; do [ -f "$file" ] && files+=("$file"); done
    done
    for extra in *.jpg *.json *.log; do [ -f "$extra" ] && files+=("$extra"); done
    tar c "${files[@]}" | split -b $PART -d - "$out/run.tar."
    ls -l "$out"
    ;;
*)
    sed -n '2,10p' "$0"
    exit 2
    ;;
esac
