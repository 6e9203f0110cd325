# --- Processes: of whom the GPUs tell, and whose they are ---

# Sets `ps_kind`. Columns are always pid, user, elapsed seconds, resident KiB, command line; "-" for one that this ps cannot tell. With -q it
# reads of the processes that it is asked for; with -p, before procps 3.3.10, of all that there are.
find_ps() {
	for ps_by in -q -p; do
		ps_kind=procps
		! ps --cols 4096 -o pid= -o user:32= -o etimes= -o rss= -o args= "$ps_by" "$$" >/dev/null 2>&1 || return
	done
	if ps -ww -o pid= -o user= -o rss= -o args= -p "$$" >/dev/null 2>&1; then
		ps_kind=old
	elif ps -o pid,user,args >/dev/null 2>&1; then
		ps_kind=busybox
	else
		ps_kind=no
	fi
}

find_ps

# Sets `pids`, each one once, up to a number that keeps a sample below its cap; `files` and `new_files` of theirs; and `width`, the bytes
# that each one's command line may have. A variable for each is how a shell finds a number in constant time.
find_processes() {
	IFS=,
	for pid in $told; do
		eval "known_$pid=yes"
	done
	pids=
	files=
	new_files=
	count=0
	reached=
	IFS=$newline
	for line in $text; do
		case $reached$line in
		"@$id apps") reached=yes ;;
		# Of another PID namespace: here, its number is another process's.
		yes*", [Not Found]") ;;
		yes*", "*", "*)
			pid=${line#*, *, }
			pid=${pid%%,*}
			case $pid in '' | *[!0-9]* | ????????????*) continue ;; esac
			eval "seen=\${seen_$pid-} known=\${known_$pid-}; seen_$pid=yes"
			[ -z "$seen" ] || continue
			[ "${#pids}" -lt 12000 ] || break
			pids=$pids,$pid
			files="$files $pid/stat"
			[ -n "$known" ] || new_files="$new_files $pid/cgroup $pid/loginuid $pid/mountinfo"
			count=$((count + 1))
			;;
		esac
	done
	unset IFS
	pids=${pids#,}
	[ "$count" -gt 0 ] || return 1
	width=$((262144 / count))
	[ "$width" -le 4096 ] || width=4096
}

# Whether this is the status of a ps that was ended, by timeout or by us: the shells do not agree on the number.
was_ended() {
	case $1 in 124 | 137 | 265) ;; *) return 1 ;; esac
}

owners() {
	if [ -n "$ps_stuck" ]; then
		echo "$ps_stuck"
		return 124
	fi
	# A process more, and the same signal as in end_hanging_ps().
	bound=
	[ -z "$careful" ] || bound=${brief:+${brief% *} -s KILL 5}
	# It may have been installed meanwhile.
	[ "$ps_kind" != no ] || find_ps
	case $ps_kind in
	procps) LC_ALL=C.UTF-8 exec $bound ps --cols "$width" -o pid= -o user:32= -o etimes= -o rss= -o args= "$ps_by" "$pids" 2>/dev/null ;;
	old)
		lines=$(LC_ALL=C exec $bound ps -ww -o pid= -o user= -o rss= -o args= -p "$pids" 2>/dev/null)
		! was_ended "$?" || return 124
		say "$lines" | LC_ALL=C sed 's/^ *\([0-9]*\)  *\([^ ]*\)  */\1 \2 - /' | cut -b "1-$width"
		;;
	busybox)
		# It cuts names to eight letters, and its numbers of memory are rounded.
		lines=$(exec $bound ps -o pid,user,args 2>/dev/null)
		! was_ended "$?" || return 124
		say "$lines" | while read -r pid user args; do
			[ "${#user}" -lt 8 ] || user=-
			case ,$pids, in *",$pid,"*) printf '%s\n' "$pid $user - - $args" ;; esac
		done | cut -b "1-$width"
		;;
	*) return 127 ;;
	esac
}

# The files of /proc: of each process its stat, up to the resident pages; of one that our end does not know its cgroup, login and what
# is mounted for it from elsewhere, but for the driver's own files. The bound is for mounts, of which a process may have thousands. Last
# the uptime: it says when the others were read, and that nothing was cut.
# It becomes its last command.
tell_processes() {
	cd "$proc" || return
	set -- -s -H -o -e '^.*) [A-Za-z] \([-0-9]* \)\{21\}[0-9]' -e '^[0-9]*[.][0-9]* .*'
	if [ -z "$new_files" ]; then
		# shellcheck disable=SC2086 # its words
		LC_ALL=C exec grep "$@" $files uptime
	fi
	mount='^[0-9]* [0-9]* [0-9]*:[0-9]* /'
	set -- "$@" -e '^[0-9]*:.*' -e '^[0-9]*$' -e "${mount}[^ un].*" -e "${mount}u[^s].*" -e "${mount}us[^r].*" -e "${mount}n[^v].*" -e "${mount}nv[^i].*"
	# shellcheck disable=SC2086 # their words
	LC_ALL=C grep "$@" $files $new_files uptime | head -c 393216
}
