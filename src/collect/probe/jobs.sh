# --- Jobs: what runs while the loop at the end waits for orders ---

# sample ORDER: its whole answer, bounded. The bound is over what our end takes for a sample, so that one that was cut here is refused there.
sample() {
	if [ "$1" = poll ]; then
		poll
		[ -z "$becomes_keeper" ] || keep_driver
	else
		{
			printf '\n@%s begin\n' "$id"
			"$1"
			echo "@$id end"
		} | head -c 1200000
	fi
}

# Whether a child of ours lives: one that is over is a zombie until we wait for it.
is_child() {
	[ -n "$1" ] && read -r _ _ state parent _ 2>/dev/null <"/proc/$1/stat" || return 1
	[ "$state" != Z ] && [ "$parent" = "$$" ]
}

# Sets `children` of a process of ours; "unknown" where the kernel does not tell.
find_children() {
	children=unknown
	[ ! -r "/proc/$1/task/$1/children" ] || read -r children <"/proc/$1/task/$1/children"
}

# A sample that is over is a zombie until we wait for it, and waiting would make us deaf.
job_state() {
	state=
	[ ! -e /proc/self/stat ] || read -r _ _ state _ 2>/dev/null <"/proc/$job/stat" || state=Z
	case $state in
	Z | X) echo gone ;;
	*) echo alive ;;
	esac
}

# end_hanging_ps ID: when our end, which waits in vain for this sample, asks after it, and it is a ps that does not come back while the GPUs
# are not told yet, the sample is made anew without ps. From now on the GPUs are told before ps is started.
end_hanging_ps() {
	[ -z "$careful" ] && [ "$1" = "$id" ] && is_child "$job" || return
	find_children "$job"
	for pid in $children; do
		read -r stat 2>/dev/null <"/proc/$pid/stat" || continue
		case $stat in "$pid (ps) "*) ;; *) continue ;; esac
		set_age /proc
		[ "$age" -ge 1 ] || continue
		kill -KILL "$job"
		kill -TERM "$pid"
		wait "$job" 2>/dev/null
		careful=yes
		ps_ended=$pid
		ps_waiting=" $pid"
		printf '\n@%s more\n' "$id" || end_all
		sample poll </dev/null &
		job=$!
		return
	done
	return 1
}

# Ends the aside before anything else is printed. A df that cannot be ended is remembered.
drop_aside() {
	if is_child "$aside"; then
		find_children "$aside"
		left=$children
	fi
	kill -KILL "$aside" 2>/dev/null
	wait "$aside" 2>/dev/null
	aside=
	# shellcheck disable=SC2086 # PIDs
	[ -z "${left#unknown}" ] || kill -TERM $left 2>/dev/null
}

# Whether no df of an aside that was dropped is still there: no other is started behind it.
may_look_aside() {
	[ "$left" != unknown ] || return 1
	for pid in $left; do
		read -r _ name state _ 2>/dev/null <"/proc/$pid/stat" || continue
		[ "$name" != "(df)" ] || [ "$state" = Z ] || return 1
	done
	left=
}

# Ends all that we have started, and us: they are one process group.
end_all() {
	trap '' TERM
	kill -TERM 0
	exit 0
}

# What was ordered before comes to its end.
settle() {
	[ -z "$aside" ] || drop_aside
	if [ -n "$becomes_keeper" ]; then
		keeper=$job
		becomes_keeper=
	elif [ -n "$job" ]; then
		wait "$job"
	fi
	job=
}
