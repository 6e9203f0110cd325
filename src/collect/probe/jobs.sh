# --- Jobs: what runs while the loop at the end waits for orders ---

# sample ORDER: its whole answer, bounded. The bound is over what our end takes for a sample, so that one that was cut here is refused there.
sample() {
	await_others
	if [ "$1" = poll ]; then
		poll
		[ -z "$becomes_keeper" ] || keep_driver
		[ -z "$ps_hung" ] || exit 75
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

# find_ps_below PID: whether it has started a ps that is still there. Sets `pid` and `stat` of that.
find_ps_below() {
	find_children "$1"
	[ "$children" != unknown ] || return
	# shellcheck disable=SC2086 # PIDs
	set -- $children
	for pid in "$@"; do
		read -r stat 2>/dev/null <"/proc/$pid/stat" || continue
		case $stat in
		*" (ps) Z "*) ;;
		"$pid (ps) "*) return ;;
		*) ! find_ps_below "$pid" || return 0 ;;
		esac
	done
	return 1
}

# The next ps is started in a minute, and the GPUs are told before that from now on.
rest_ps() {
	careful=yes
	ps_rests=yes
	read -r now _ 2>/dev/null </proc/uptime || now=0
	ps_due=$((${now%%.*} + 60))
}

try_ps_again() {
	[ -n "$ps_rests" ] || return
	read -r now _ 2>/dev/null </proc/uptime && [ "${now%%.*}" -lt "$ps_due" ] || ps_rests=
}

# end_hanging_ps ID: when our end, which waits in vain for this sample, asks after it, and it is a ps that does not come back, the sample is
# made anew without ps. With KILL, as procps has handlers for the others: where the kernel waits to be killed, they would wait too.
end_hanging_ps() {
	[ "$1" = "$id" ] && is_child "$job" && find_ps_below "$job" || return
	set_age /proc
	[ "$age" -ge 1 ] || return
	kill -KILL "$job" "$pid"
	wait "$job" 2>/dev/null
	rest_ps
	ps_waiting="$ps_waiting $pid"
	printf '\n@%s more\n' "$id" || end_all
	sample poll </dev/null &
	job=$!
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

# What was ordered before comes to its end. What does not is left to await_others(): here we would be deaf meanwhile, even to our own end.
settle() {
	[ -z "$aside" ] || drop_aside
	if [ -n "$becomes_keeper" ] && is_child "$job"; then
		keeper=$job
	else
		unsettled="$unsettled $job"
	fi
	becomes_keeper=
	job=
	others=
	for other in $unsettled; do
		if is_child "$other"; then
			! find_ps_below "$other" || kill -KILL "$pid"
			others="$others $other"
		else
			wait "$other"
			[ "$?" != 75 ] || rest_ps
		fi
	done
	unsettled=$others
}

# Waits for what was ordered before: mostly it is just about to end.
await_others() {
	looks=0
	for other in $unsettled; do
		while is_child "$other"; do
			looks=$((looks + 1))
			[ "$looks" -lt 200 ] || sleep 0.1 2>/dev/null || sleep 1 || return
		done
	done
}
