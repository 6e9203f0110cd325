# --- The keeper ---

# Whether a GPU may be kept awake.
may_be_kept() {
	for device in $devices; do
		read -r state 2>/dev/null <"$sys/bus/pci/devices/$device/power/runtime_status" || state=
		[ "$state" != suspended ] || return 1
		[ "$keep" != always ] || continue
		read -r control 2>/dev/null <"$sys/bus/pci/devices/$device/power/control" || control=
		[ "$control" != auto ] || return 1
		read -r slept 2>/dev/null <"$sys/bus/pci/devices/$device/power/runtime_suspended_time" || slept=0
		[ "$slept" = 0 ] || return 1
	done
}

# guard KEEPER: while that is its parent, looks every minute whether our shell is still there. When it is not, it was killed, and could end
# nobody.
guard() {
	while read -r _ _ _ parent _ 2>/dev/null </proc/self/stat && [ "$parent" = "$1" ]; do
		is_child "$1" || end_all
		sleep 60 || return
	done
}

# A poll that is over becomes the keeper, so that it never begins beside one. Not after one that took too long: it may hang.
keep_driver() {
	[ -z "$asleep$stuck$ps_hung" ] && may_be_kept || return
	read -r now _ </proc/uptime
	[ "$((${now%%.*} - began))" -lt "$smi_limit" ] || return
	exec >/dev/null 2>&1
	read -r me _ </proc/self/stat
	guard "$me" &
	limit='exec'
	smi_command --query-gpu=index --format=csv -l 3600
}

# Sets `becomes_keeper` when the next poll shall: there is none, and the last one began a minute ago or earlier.
plan_keeper() {
	becomes_keeper=
	[ "$keep" != off ] || return
	! is_child "$keeper" || return
	read -r now _ 2>/dev/null </proc/uptime || return
	began=${now%%.*}
	[ "$began" -ge "$keeper_due" ] || return
	keeper_due=$((began + 60))
	becomes_keeper=yes
}

end_keeper() {
	if is_child "$keeper"; then
		kill -TERM "$keeper"
	fi
	keeper=
}
