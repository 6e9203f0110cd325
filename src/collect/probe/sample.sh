# --- A sample ---

# Becomes nothing when our shell was killed: the next one may be asking already.
ask_smi() {
	[ ! -e /proc/self/stat ] || read -r _ _ state _ 2>/dev/null <"/proc/$$/stat" && [ "$state" != Z ] || exit
	smi_command "$@"
}

gpus() {
	ask_smi ${only:+-i "$only"} --query-gpu="$fields" --format=csv
}

apps() {
	ask_smi ${only:+-i "$only"} --query-compute-apps=gpu_uuid,gpu_bus_id,pid,used_memory,process_name --format=csv,noheader,nounits
}

# Sets `asleep` when all GPUs are suspended, those too that were plugged in meanwhile.
look_for_sleep() {
	asleep=
	[ -n "$devices" ] || return
	set -- "$sys"/bus/pci/devices/*
	[ "$#" = "$pci_count" ] || devices=$(find_devices)
	for device in $devices; do
		read -r state 2>/dev/null <"$sys/bus/pci/devices/$device/power/runtime_status" || state=
		if [ "$state" != suspended ]; then
			asleep=
			return
		fi
		asleep=$asleep$device$newline
	done
}

# The other end waits for each nvidia-smi as long as it may take: it is told that the first one has come back, when that took long.
tell_if_slow() {
	read -r now _ 2>/dev/null </proc/uptime && [ -n "$asked" ] || return
	[ "$((${now%%.*} - ${asked%%.*}))" -lt 2 ] || printf '\n@%s more\n' "$id" >&3
}

# When the GPUs were asked, and when they had answered: what else a sample waits for is not the driver's.
tell_time() {
	read -r now _ 2>/dev/null </proc/uptime && [ -n "$asked" ] || return
	printf '@%s took\n%s %s\n@%s status 0\n' "$id" "$asked" "$now" "$id"
}

# Prints what there is of the sample, if that has not been done.
say_first_part() {
	[ -z "$text" ] || say "$text"
	text=
}

# Adds whose the processes are, and prints it all. In one packet, as each one costs both ends a wake-up: but a process can be in such a
# state that ps hangs on it, and then the GPUs are to be told all the same. Not even the files of one that is new are read before that.
# What cannot be foreseen is seen by end_hanging_ps().
say_with_processes() {
	[ -z "$careful$ps_waiting$new_files" ] || say_first_part
	keep_answer proc tell_processes
	processes=$kept
	case $processes in *") D "*) say_first_part ;; esac
	look_for_stuck_ps
	keep_answer ps owners
	if [ -z "$ps_stuck" ] && was_ended "$status"; then
		ps_hung=yes
		ps_stuck=$ps_vain
		keep_answer ps owners
	fi
	# ps counts characters.
	[ "${#kept}" -lt 65536 ] || kept=$(say "$kept" | cut -b "1-$width")
	say "$text$newline$kept$newline$processes$newline@$id end"
}

# What comes before the processes is kept for their PIDs, up to a size: a nvidia-smi gone mad must not fill our memory.
poll() {
	read -r asked _ 2>/dev/null </proc/uptime || asked=
	exec 3>&1
	look_for_sleep
	set -f
	[ -n "$asleep" ] || look_for_stuck
	text=$({
		printf '\n@%s begin\n' "$id"
		host
		if [ -n "$asleep" ]; then
			printf '@%s asleep\n%s@%s status 0\n' "$id" "$asleep" "$id"
		elif [ -n "$stuck" ]; then
			printf '@%s stuck\n%s@%s status 0\n' "$id" "$stuck" "$id"
		else
			answer gpus gpus 3>&-
			tell_time
			# A nvidia-smi that hangs, is not there, or was asked for a field it does not know need not be tried twice. Any
			# other failure may be one GPU's alone.
			case $status in
			2 | 124 | 126 | 127) ;;
			*)
				tell_if_slow
				answer apps apps 3>&-
				;;
			esac
		fi
	} | head -c 393216)
	exec 3>&-
	if find_processes; then
		say_with_processes
	else
		say "$text$newline@$id end"
	fi
}

list() {
	answer list ask_smi -L
}

# Clocks that a GPU could have are most of the XML, and nobody wants them.
mig() {
	list
	case $status in 124 | 126 | 127) return ;; esac
	echo "@$id xml"
	{
		ask_smi -q -x -i "$what" 2>&1 </dev/null
		status=$?
		echo
		echo "@$id status $status"
	} | LC_ALL=C sed -e "/^@$id /b" -e '/<supported_clocks>.*<\/supported_clocks>/d' -e '/<supported_clocks>/,/<\/supported_clocks>/d'
}

accounts() {
	IFS=,
	# shellcheck disable=SC2086 # user ids
	set -- $what
	unset IFS
	if command -v getent >/dev/null; then
		$brief getent passwd "$@"
		return
	fi
	for uid in "$@"; do
		grep "^[^:]*:[^:]*:$uid:" /etc/passwd
	done
	:
}

names() {
	answer names accounts
}
