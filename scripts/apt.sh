# The scripts that install Debian's packages source this file: it runs `apt install NAME…`, as root, without questions.
# apt waits ten minutes for another program's lock. It does not wait for the lock on the package lists, and a mirror
# may be in the middle of an update, so a failed command runs once more. shellcheck shell=bash

as_root() {
    if [[ $(id -u) == 0 ]]; then "$@"; else sudo -n "$@"; fi
}

apt() {
    local options=(-y -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=1)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" "$@" >&2 && return
    echo "${0##*/}: apt-get $1 failed; trying once more in 15 seconds" >&2
    sleep "${MILGUARD_RETRY_SECONDS:-15}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" "$@" >&2
}

# The lists are fetched first, because those of a fresh machine are empty.
install_packages() {
    if ! command -v apt-get >/dev/null; then
        echo "${0##*/}: there is no apt-get: install what the packages $* hold" >&2
        return 1
    fi
    echo "${0##*/}: installing the Debian packages $*" >&2
    if ! { apt update && apt install --no-install-recommends "$@"; }; then
        echo "${0##*/}: that failed: run 'apt-get install $*' as root" >&2
        return 1
    fi
}
