# --- What was ordered, and the loop that waits for orders ---

fields=index,uuid,name
only=
told=
keep=off
keeper=
keeper_due=0
becomes_keeper=
job=
id=
aside=
left=
ps_rests=
ps_hung=
unsettled=
# Set where ps reads of more processes than those we have looked at, or one that hangs would not be found by end_hanging_ps().
careful=yes
find_children "$$"
[ "$ps_kind $ps_by" != "procps -q" ] || [ "$children" = unknown ] || careful=

# Orders, until there are no more. A function, because some shells read what they run line by line: behind the loop, the orders' end would be
# the end of this text too.
serve() {
	# The blank line ends whatever an rc file left unfinished.
	echo
	echo "@ready 2"
	while read -r order word what; do
		case $word in '' | *[!A-Za-z0-9_.,]*) continue ;; esac
		case $what in *[!0-9,]*) continue ;; esac
		case $order in
		fields) fields=$word ;;
		only)
			only=$word
			[ "$only" != all ] || only=
			;;
		told)
			told=$word
			[ "$told" != none ] || told=
			;;
		keep)
			keep=$word
			settle
			[ "$keep" != off ] || end_keeper
			;;
		ping) end_hanging_ps "$word" || printf '\n@%s %s\n' "$word" "$(job_state)" || end_all ;;
		disk)
			settle
			if may_look_aside; then
				id=$word
				disk </dev/null &
				aside=$!
			fi
			;;
		poll | list | mig | names | tools)
			settle
			if [ "$order" = poll ]; then
				forget_awake
				try_ps_again
				plan_keeper
			fi
			id=$word
			sample "$order" </dev/null &
			job=$!
			;;
		esac
	done
	end_all
}

# A printf to nobody is one of them, where it is a part of the shell.
trap end_all HUP INT PIPE TERM
serve
