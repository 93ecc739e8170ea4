# Sourced by ./axvisor and ./test with $root set: builds under one lock, quietly, and only when something changed.
# Results go to artifacts/, each build of the CLI into a folder of its own, so that a running axvisor never sees its files change.

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
artifacts=$root/artifacts
axvisor_dll=

require_dotnet() {
    if ! command -v dotnet >/dev/null 2>&1; then
        echo "axvisor: the .NET 10 SDK is needed: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
        exit 127
    fi
}

# Holds the lock on file descriptor 9 until unlock or the end of the process; a machine without flock goes on without.
lock_builds() {
    mkdir -p "$artifacts"
    exec 9>"$artifacts/.lock"
    if command -v flock >/dev/null 2>&1; then
        flock 9
    fi
}

unlock_builds() {
    exec 9>&-
}

# Whether anything that goes into a build is newer than file $1. Folders count too: a removed file changes its folder's time.
changed_since() {
    [ ! -e "$1" ] || [ -n "$(find "$root/src" "$root/global.json" "$root/Directory.Build.props" "$root/Directory.Packages.props" \
        \( -name bin -o -name obj \) -prune -o -newer "$1" -print 2>/dev/null | head -n 1)" ]
}

# A dotnet command with the arguments given; its output is shown only when it fails.
quiet_dotnet() {
    log=$artifacts/build.log
    # Standard output is a file, so that a compiler server that stays behind holds nobody's pipe open.
    if ! dotnet "$@" -c Release -nologo -v q -clp:ErrorsOnly -nodeReuse:false >"$log" 2>&1 </dev/null 9>&-; then
        echo "axvisor: the build failed:" >&2
        grep -E 'error' "$log" | sort -u >&2 || cat "$log" >&2
        exit 70
    fi
}

# The platform to compile ahead for; nothing where there is no ahead-of-time compiler.
ready_to_run_platform() {
    [ "$(uname -s)" = Linux ] && [ -z "${AXVISOR_NO_READY_TO_RUN:-}" ] || return 0
    musl=
    if ls /lib/ld-musl-* >/dev/null 2>&1; then
        musl=-musl
    fi
    case $(uname -m) in
        x86_64) echo "linux$musl-x64" ;;
        aarch64) echo "linux$musl-arm64" ;;
    esac
}

# Builds the CLI into folder $1, compiled ahead of time where the compiler's package can be had, and else without.
build_cli() {
    project=$root/src/Axvisor/Axvisor.csproj
    log=$artifacts/ready-to-run.log
    platform=$(ready_to_run_platform)
    if [ -n "$platform" ]; then
        if dotnet restore "$project" "-p:ReadyToRunFor=$platform" -v q -nodeReuse:false >"$log" 2>&1 </dev/null 9>&-; then
            quiet_dotnet publish "$project" "-p:ReadyToRunFor=$platform" --no-restore -o "$1"
            return
        fi
        echo "axvisor: no ahead-of-time compiler ($log): building without, the first second will be slower" >&2
    fi
    quiet_dotnet build "$project" -o "$1"
}

# Builds the CLI when needed; sets axvisor_dll.
build_axvisor() {
    require_dotnet
    stamp=$artifacts/cli/.stamp
    if ! changed_since "$stamp" && current_axvisor; then
        return
    fi
    lock_builds
    if ! changed_since "$stamp" && current_axvisor; then # somebody else has built meanwhile
        unlock_builds
        return
    fi
    echo "axvisor: building from source, this takes a minute ..." >&2
    mkdir -p "$artifacts/cli"
    touch "$stamp.new"
    name=$(date +%Y%m%d-%H%M%S)-$$
    build_cli "$artifacts/cli/$name"
    echo "$name" >"$artifacts/cli/current.new"
    mv "$artifacts/cli/current.new" "$artifacts/cli/current"
    mv "$stamp.new" "$stamp"
    # The build before this one may still be running somewhere; older ones go.
    ls -1d "$artifacts/cli"/20* 2>/dev/null | sort -r | tail -n +3 | while IFS= read -r old; do rm -rf "$old"; done
    unlock_builds
    current_axvisor
}

current_axvisor() {
    [ -r "$artifacts/cli/current" ] || return 1
    axvisor_dll=$artifacts/cli/$(cat "$artifacts/cli/current")/axvisor.dll
    [ -r "$axvisor_dll" ]
}
