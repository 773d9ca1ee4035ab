# Starting and ending the processes of an example; to be sourced by its `run`, at the root of the repository, with
#
#   example   its name, for what it says
#   work      where the logs are kept, below target/
#
# shellcheck shell=bash disable=SC2154,SC2034 # these come from the one that sources it, and `binary` is for it

# Seconds within which a process must listen.
WAIT_SECONDS=20

say() { printf '%s: %s\n' "$example" "$*"; }

# The names and ids of what runs, in the order of its start.
names=()
pids=()
end() {
    trap - EXIT INT TERM
    local at
    for ((at = ${#pids[@]} - 1; at >= 0; at--)); do
        kill "${pids[at]}" 2>/dev/null || true
    done
    for pid in "${pids[@]}"; do
        wait "$pid" 2>/dev/null || true
    done
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# tell_end NAME: the end of its log.
tell_end() {
    say "the end of ${work#"$PWD/"}/$1.log:"
    tail -n 20 "$work/$1.log" | sed 's/^/    /'
}

# failed NAME SENTENCE
failed() {
    {
        say "$1 $2"
        tell_end "$1"
    } >&2
    exit 1
}

taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The given port, or a free one where it is taken.
port() {
    local port=$1
    while taken "$port"; do port=$((20000 + RANDOM % 10000)); done
    echo "$port"
}

# start NAME PORT COMMAND…: in the background, and waits until it listens.
start() {
    local name=$1 port=$2 pid tenths=0
    shift 2
    "$@" >"$work/$name.log" 2>&1 &
    pid=$!
    names+=("$name")
    pids+=("$pid")
    until taken "$port"; do
        kill -0 "$pid" 2>/dev/null || failed "$name" "ended by itself"
        tenths=$((tenths + 1))
        [ "$tenths" -le $((WAIT_SECONDS * 10)) ] || failed "$name" "does not listen on port $port after $WAIT_SECONDS seconds"
        sleep 0.1
    done
    say "$name is up on port $port"
}

# answers_401 HOST PORT: whether that address says that a session is needed.
answers_401() {
    local line=
    exec 3<>"/dev/tcp/127.0.0.1/$2" || return 1
    printf 'GET / HTTP/1.1\r\nHost: %s:%s\r\nAccept: application/json\r\nConnection: close\r\n\r\n' "$1" "$2" >&3
    read -r -t 5 line <&3 || true
    exec 3<&-
    [[ $line == "HTTP/1.1 401 "* ]]
}

# asks NAME HOST PORT: waits until that proxy asks vestibule. Traefik listens before it has read its routes; a program without a
# session gets 401.
asks() {
    local tenths=0
    until answers_401 "$2" "$3"; do
        tenths=$((tenths + 1))
        [ "$tenths" -le $((WAIT_SECONDS * 10)) ] || failed "$1" "does not ask vestibule after $WAIT_SECONDS seconds"
        sleep 0.1
    done
}

# Builds vestibule with Cargo's dev profile (the release profile takes minutes longer); `binary` is it then.
build() {
    command -v cargo >/dev/null || { say "cargo is missing. Install a Rust toolchain, then run this again." >&2; exit 1; }
    command -v cc >/dev/null || { say "a C compiler is missing. On Debian, as root: apt-get install gcc libc6-dev" >&2; exit 1; }
    say "building vestibule (dev profile)"
    binary=$(cargo build --locked --bin vestibule --message-format=json-render-diagnostics |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
}

# Forgets what the shell around this one set for vestibule.
forget_settings() {
    local name
    for name in AUTH_DOMAIN AUTH_NEW_TOKEN_PATH $(compgen -e | grep '^VESTIBULE_' || true); do unset "$name"; done
}
