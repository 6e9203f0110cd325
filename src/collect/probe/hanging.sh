# --- What hangs: no nvidia-smi is started behind one that does, and no ps ---

# set_age PROC: sets `started`, in ticks, and `age`, in seconds, of the process that `stat` tells of. It counts as old where that cannot be
# told: a container may have an uptime of its own.
set_age() {
	# shellcheck disable=SC2086 # its words
	set -- "$1" ${stat##*") "}
	started=${21:-0}
	age=-1
	! read -r now _ 2>/dev/null <"$1/uptime" || age=$((${now%%.*} - started / ticks))
	[ "$age" -ge 0 ] || age=$((smi_limit + 5))
}

# is_left PID: whether it is a nvidia-smi of ours whose shell has gone: that was killed, or TERM was in vain. Not to be asked of one in
# state D: its environment could not be read. That of one run by sudo cannot be either, but that of the timeout before it. A process group
# keeps its number until the last one has left, so no other process can be its leader.
is_left() {
	one=$1
	read -r _ name _ parent group _ 2>/dev/null <"/proc/$one/stat" && [ "$name" = "(nvidia-smi)" ] || return
	until grep -q -s NVWEBMON_PROBE= "/proc/$one/environ"; do
		one=$parent
		read -r _ name _ parent group _ 2>/dev/null <"/proc/$one/stat" || return
		case $name in "(sudo)" | "(timeout)") ;; *) return 1 ;; esac
	done
	[ "$group" -gt 1 ] || return
	! read -r _ _ state _ 2>/dev/null <"/proc/$group/stat" || [ "$state" = Z ]
}

# Ends this nvidia-smi if it is one that was left, a keeper perhaps: it would be joined by another one. None is, until it is gone.
end_left() {
	is_left "$1" && read -r stat 2>/dev/null <"/proc/$1/stat" || return
	kill -TERM "$1" 2>/dev/null
	set_age /proc
	smi_left="$smi_left $1:$started"
	ended_at=${now%%.*}
}

# waits PID NAME: whether it waits in the kernel. Sets `stat` and `age`.
waits() {
	read -r stat 2>/dev/null <"$proc/$1/stat" || return 1
	case $stat in
	"$1 ($2) D "*) set_age "$proc" ;;
	*) return 1 ;;
	esac
}

# hangs PID NAME SECONDS: whether it is that old and does nothing any more: one that works may be found waiting too, but not at four looks
# in three seconds without having used the CPU, or since an earlier poll. One that is younger is waited for.
hangs() {
	waits "$1" "$2" || return
	eval "last=\${stat_$1-} looks=\${since_$1-}"
	# shellcheck disable=SC2154 # from eval
	if [ "$stat" = "$last" ] && [ "$age" -ge "$3" ] && [ "$((${now%%.*} - looks))" -ge 3 ]; then
		return
	fi
	last=
	looks=0
	while waits "$1" "$2"; do
		[ -z "$last" ] || [ "$stat" = "$last" ] || return 1
		[ "$age" -lt "$3" ] || [ "$looks" -lt 3 ] || return 0
		last=$stat
		looks=$((looks + 1))
		sleep 1
	done
	return 1
}

# is_there PID:STARTED: whether it still is. Sets `age`.
is_there() {
	read -r stat 2>/dev/null <"/proc/${1%:*}/stat" || return 1
	case $stat in *") "[ZX]" "*) return 1 ;; esac
	set_age /proc
	[ "$started" = "${1#*:}" ]
}

# outlives PID:STARTED: whether it lives on after TERM, as old as none may get. One that is younger is waited for.
outlives() {
	while is_there "$1"; do
		[ "$age" -lt "$smi_limit" ] || [ "$((${now%%.*} - ended_at))" -lt 3 ] || return 0
		sleep 1
	done
	return 1
}

# Others that may hang: those that wait in the kernel just now, and those that were left. They will be looked at again.
smi_waiting=
smi_left=
ps_waiting=

find_others() {
	IFS=$newline
	# shellcheck disable=SC2046 # its lines
	set -- $(cd "$proc" 2>/dev/null && grep -s -h -o -e '^[0-9]* (nvidia-smi) [^ZX]' -e '^[0-9]* (ps) D' [0-9]*/stat)
	unset IFS
	for line in "$@"; do
		case $line in
		*"(ps) D") ps_waiting="$ps_waiting ${line%% *}" ;;
		*D) smi_waiting="$smi_waiting ${line%% *}" ;;
		*) end_left "${line%% *}" ;;
		esac
	done
}

# remember PID: what `stat` tells of it, and since when.
remember() {
	eval "last=\${stat_$1-}"
	[ "$stat" = "$last" ] || eval "stat_$1=\$stat since_$1=\${now%%.*}"
}

# One that is awake has not been hanging since before: it is forgotten, or each poll that finds it at work would wait for it. But for one
# that was left.
forget_awake() {
	others=
	for pid in $smi_waiting; do
		if waits "$pid" nvidia-smi; then
			remember "$pid"
			others="$others $pid"
		else
			end_left "$pid"
		fi
	done
	smi_waiting=$others
	others=
	for pid in $ps_waiting; do
		waits "$pid" ps || continue
		remember "$pid"
		others="$others $pid"
	done
	ps_waiting=$others
	others=
	for other in $smi_left; do
		! is_there "$other" || others="$others $other"
	done
	smi_left=$others
}

# Sets `stuck`. One is enough.
look_for_stuck() {
	stuck=
	for pid in $smi_waiting; do
		if hangs "$pid" nvidia-smi "$smi_limit"; then
			stuck=$pid$newline
			return
		fi
	done
	for other in $smi_left; do
		if outlives "$other"; then
			stuck=${other%:*}$newline
			return
		fi
	done
}

ps_vain="ps does not come back on this host: it is tried again every minute"

# Sets `ps_stuck`, to a sentence, where ours would hang: it just did, or somebody's does, as the command line of a process cannot be read.
look_for_stuck_ps() {
	ps_stuck=${ps_rests:+$ps_vain}
	[ -z "$ps_stuck" ] || return
	for pid in $ps_waiting; do
		if hangs "$pid" ps 5; then
			ps_stuck="ps (PID $pid) hangs on this host"
			return
		fi
	done
}

find_others
NVWEBMON_PROBE=$$
export NVWEBMON_PROBE
