# tools/chroots.sh - Debian chroots to test in. Sourced by tools/matrix, tools/newcomer and tools/debcheck.
# shellcheck shell=bash
#
# A chroot is made once, from the mirror that this machine's own apt uses, and is never written to: a run works in an
# overlay in $scratch, which is thrown away, in namespaces of its own, so that nothing stays mounted or running.
#
# RETENTION_MATRIX_DIR  where chroots and logs are kept; default /var/tmp/retention-matrix

say() { echo "${0##*/}: $*" >&2; }
die() { say "$*"; exit 1; }

[ "$(id -u)" = 0 ] || die "run this as root: it makes chroots"
tree=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
base=${RETENTION_MATRIX_DIR:-/var/tmp/retention-matrix}
mkdir -p "$base"

making='' scratch=''
# shellcheck disable=SC2317 # reached by the trap
finish() { rm -rf --one-file-system ${making:+"$making"} ${scratch:+"$scratch"}; }
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The mirror of this machine's own release.
mirror() {
	local codename
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	# shellcheck disable=SC2016 # these are apt's variables
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
		awk -v codename="$codename" '$2 == codename { print $1; found = 1; exit } END { exit !found }' ||
		die "apt's sources name no mirror of $codename: run apt-get update"
}

# Makes a chroot of Debian $1 in $2, with nothing in it but Debian's smallest system.
bootstrap() {
	local url script=/usr/share/debootstrap/scripts/$1
	command -v debootstrap >/dev/null || { say "installing debootstrap"; apt-get -q -y install debootstrap >&2; }
	[ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid
	url=$(mirror) || return 1
	rm -rf --one-file-system "$2"
	debootstrap --variant=minbase "$1" "$2" "$url" "$script" || return 1
	printf '#!/bin/sh\nexit 101\n' >"$2/usr/sbin/policy-rc.d" # no package starts a service
	chmod 755 "$2/usr/sbin/policy-rc.d"
	apt_off "$2"
}

# Lets apt in the root $1 install from the suites $2...; the mirror is known to a chroot only while it does.
apt_on() {
	local root=$1 url suite
	url=$(mirror) || return 1
	mkdir -p "$root/etc/apt/apt.conf.d"
	for suite in "${@:2}"; do echo "deb $url $suite main"; done >"$root/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(http|https|ftp|Check-Valid-Until|Check-Date|Retries)\b' \
		>"$root/etc/apt/apt.conf.d/90matrix" || true
	# Nothing here has to outlive a crash.
	echo 'DPkg::Options { "--force-unsafe-io"; };' >>"$root/etc/apt/apt.conf.d/90matrix"
	cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
}

apt_off() {
	rm -rf "$1"/etc/apt/sources.list "$1"/etc/apt/apt.conf.d/90matrix "$1"/etc/resolv.conf "$1"/var/lib/apt/lists/*
}

# The bare chroot of Debian $1, made if it is not there; its log is $base/bare-$1.log.
bare() {
	making=$base/bare-$1.new
	if [ ! -d "$base/bare-$1" ]; then
		say "making a bare chroot of Debian $1"
		bootstrap "$1" "$making" >"$base/bare-$1.log" 2>&1 </dev/null ||
			{ tail -n 20 "$base/bare-$1.log" >&2; die "that failed"; }
		mv "$making" "$base/bare-$1"
	fi
	making=''
}

# A new $scratch: what is put into $scratch/upper is seen on top of a chroot. The tree is there as /src/tree.
new_scratch() {
	scratch=$(mktemp -d "$base/run.XXXXXX")
	mkdir -p "$scratch/upper/src/tree" "$scratch/work" "$scratch/root"
	chmod 755 "$scratch" "$scratch/upper"
	tar -C "$tree" --exclude=./.git -cf - . | tar -C "$scratch/upper/src/tree" --no-same-owner -xf -
}

drop_scratch() {
	rm -rf --one-file-system "$scratch"
	scratch=''
}

# inside [-n] ROOT COMMAND...: runs a command in the chroot ROOT under $scratch; with -n it has the network, and apt
# keeps what it fetches in $base, so that it is fetched once.
inside() {
	local net=(--net) archives='' root
	if [ "$1" = -n ]; then
		net=()
		archives=$base/archives/$(basename "$2")
		mkdir -p "$archives/partial" "$scratch/upper/var/cache/apt/archives"
		shift
	elif ! command -v ip >/dev/null; then
		net=() # with no way to bring up its loopback, it keeps the network
	fi
	root=$1
	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --pid --fork --kill-child --ipc --uts "${net[@]}" bash -eu -c '
		lower=$1 scratch=$2 net=$3 archives=$4
		shift 4
		mount -t overlay overlay -o "lowerdir=$lower,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
		mount -t proc proc "$scratch/root/proc"
		mount --rbind /dev "$scratch/root/dev"
		[ -z "$archives" ] || mount --bind "$archives" "$scratch/root/var/cache/apt/archives"
		[ -z "$net" ] || ip link set lo up
		exec chroot "$scratch/root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
	' inside "$root" "$scratch" "${net[*]}" "$archives" "$@"
}
