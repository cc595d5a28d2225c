#!/bin/sh
# What each exit code of mrrsync asks of whom. PAGER_URL and TICKET_URL take a
# JSON body with a text, as chat services' webhooks do.
set -eu

tell() { # URL TEXT
	curl --fail --silent --show-error --max-time 20 --header 'Content-Type: application/json' \
		--data "{\"text\":\"$2\"}" "$1"
}

case ${1:?usage: on-exit.sh EXIT_CODE} in
0) ;;
1) tell "$PAGER_URL" 'MRR sync failed and published nothing: readers still have the last good figures. See sync.log.' ;;
2) tell "$PAGER_URL" 'MRR sync was called or configured wrongly: run mrrsync check.' ;;
3) tell "$TICKET_URL" 'MRR sync: a source failed, rows were rejected, or the figures are stale: see mrrsync status.' ;;
4) ;; # another run holds the warehouse, and speaks for itself
*) tell "$PAGER_URL" "MRR sync ended with exit code $1, which is none of its own: was it killed?" ;;
esac
