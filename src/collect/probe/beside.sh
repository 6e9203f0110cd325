# --- Beside the samples: what there is to work with, the disks and the clock ---

# has COMMAND: "COMMAND yes", or "COMMAND no".
has() {
	if command -v "$1" >/dev/null; then echo "$1 yes"; else echo "$1 no"; fi
}

tell_tools() {
	case $limit in
	*--foreground*) echo "timeout gnu" ;;
	?*) echo "timeout busybox" ;;
	*) echo "timeout no" ;;
	esac
	case $ps_kind in
	old) echo "ps procps" ;;
	*) echo "ps $ps_kind" ;;
	esac
	has df
	has getent
	has grep
	case $hidepid in
	*noaccess) echo "hidepid 1" ;;
	*invisible | *ptraceable) echo "hidepid 2" ;;
	*off) echo "hidepid 0" ;;
	*) echo "$hidepid" ;;
	esac
	echo "uid $(id -u)"
	echo "user $(id -u -n)"
	echo "groups $(id -G -n)"
	echo "shell ${SHELL##*/}"
	echo "nvidia-smi $(command -v nvidia-smi)"
	echo "kernel $(uname -r)"
}

tools() {
	answer tools tell_tools 2>/dev/null
}

# The aside. Each df is a direct child, so that it can be found; the whole answer is one write.
disk() {
	await_others
	LC_ALL=C
	export LC_ALL
	kinds=$(exec df -P -k -l -x tmpfs -x devtmpfs -x overlay -x squashfs -x efivarfs 2>/dev/null)
	[ -n "$kinds" ] || kinds=$(exec df -P -k -l 2>/dev/null)
	[ -n "$kinds" ] || kinds=$(exec df -P -k 2>/dev/null)
	printf '\n@%s begin\n@%s disk\n%.3500s\n@%s status 0\n@%s clock\n%s\n@%s status 0\n@%s end\n' \
		"$id" "$id" "$kinds" "$id" "$id" "$(date +%s)" "$id" "$id"
}
