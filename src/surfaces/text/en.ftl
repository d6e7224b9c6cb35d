# Every sentence that a person reads, in English. `es.ftl` has the same messages with the same arguments.
# Say what happened, what it means and what to do; short enough for three in the morning.

## Fragments

decimal = .
or = {" or "}
none = (none yet)
actor-operator = the operator
actor-vouched = { $login } (as the operator says)
actor-token = the token { $name }
actor-botadura = Botadura
scope-everything = every environment of every application
scope-application = every environment of { $application }
who-roles = somebody of { $roles }
who-deployers = anybody who may deploy here
who-deployers-of = anybody who may deploy to { $environment }
who-committers = anybody who may write to the repository
earlier-state = the state before the first deployment
subject-runbook = runbook { $runbook }
subject-undo = runbook { $runbook }, taken back
subject-removal = removal
version-earlier = as before

duration-milliseconds = { $milliseconds } ms
duration-seconds = { $seconds } s
duration-minutes = { $minutes } min
duration-minutes-seconds = { $minutes } min { $seconds } s
duration-hours = { $hours } h
duration-hours-minutes = { $hours } h { $minutes } min
duration-days = { $days } d
duration-days-hours = { $days } d { $hours } h
moment-now = now
moment-ago = { $when } ({ $span } ago)
moment-ahead = { $when } (in { $span })

## What became of a delivery

reply-closed = Nothing to do here: { $reason }.
reply-nothing = Nothing to do here: no environment follows this.
reply-delayed = Not done yet: { $reason }. Botadura tries again by itself; you need not do anything.
reply-parked = Botadura cannot do this by itself: { $reason }. It is kept. Put that right, then send it again.

answered-proposed = { $environment }: #{ $id } will bring { $version } in as soon as its gates are open. Follow it: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
answered-supersedes = { $environment }: it takes the place of { $ids }, which will not start any more.
answered-to-run = { $environment }: { $undo ->
        [yes] #{ $id } will take back what the last run of { $runbook } did
       *[no] #{ $id } will run { $runbook }
    } as soon as its gates are open. Follow it: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
answered-to-remove = { $environment }: #{ $id } will take everything away as soon as nothing is under way there. Follow it: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
answered-joined = { $environment }: #{ $id } has this version already: it waits, is under way or runs. See: { $command }status. To deploy it once more: { $command }deploy { $environment } --again
answered-unchanged = { $environment }: none of the application's files differ from those of #{ $id }, so nothing is deployed. To deploy all the same: { $command }deploy { $environment } <branch, tag or SHA>
answered-refused = { $environment }: { $refusal }

done-rolling-back = #{ $id } is rolling back: { $version } comes back. Follow it: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
done-approved = Your approval of #{ $id } counts. It starts by itself as soon as all its gates are open. See what is missing: { $command }status
done-rejected = #{ $id } is rejected and will not start. Whoever still wants that version has to ask for it anew.
done-locked = Locked by { $owner }: { $scope }. Nobody else deploys there until { $until ->
        [unlocked] it is unlocked
       *[other] { $until }
    }. To give it back: { $command }unlock { $target }
done-locked-from = The lock was { $from }'s until now: let them know.
done-unlocked = Unlocked: { $scope }. What waits for this goes on by itself.
done-cancelling = #{ $id } is stopping, and cleans up after itself. See how it ends: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
done-withdrawn = #{ $id } is withdrawn and will not start. Nothing was changed.
done-ticked = Ticked in the checklist of { $environment }, for this version: { $number }. { $point }. What waits for this goes on by itself.
done-not-ticked = Not ticked any more in the checklist of { $environment }, for this version: { $number }. { $point }. What needs it waits until somebody ticks it.
done-ticked-before = Already ticked in the checklist of { $environment }, for this version: { $number }. { $point }. Nothing changed.
done-not-ticked-before = Not ticked in the checklist of { $environment }, for this version: { $number }. { $point }. Nothing changed.

## Refusals

refusal-no-application = There is no application “{ $name }”. There are: { $list }. New ones come from files in the configuration, which is in the hands of whoever runs this server.
refusal-no-environment = There is no environment “{ $name }”. There are: { $list }.
refusal-no-deployment = There is no proposal or deployment #{ $id }. Find the number: { $command }history
refusal-not-waiting = #{ $id } does not wait any more: it has begun or has ended, so there is nothing to be done with it. See what became of it: { $command }history
refusal-not-running = #{ $id } is not running, so there is nothing to stop. See what is: { $command }status
refusal-not-failed = #{ $id } did not fail, so there is nothing to try again. To deploy that version once more: { $command }deploy … --again
refusal-no-reference = The repository has no branch, tag or commit “{ $reference }”. Check the spelling, push it first, or give the full SHA.
refusal-name-the-version = This environment follows no single branch, so the version must be named: a branch, a tag or a full SHA.
refusal-runs-already = That version runs there already, since #{ $id }. Nothing was done. To deploy it once more: the same with --again
refusal-nothing-to-go-back-to = There is no earlier good deployment here to go back to. Nothing was changed. Deploy a version that you trust with: { $command }deploy
refusal-not-good-here = “{ $to }” is no deployment, tag or commit that ran well here and was not taken back since. Nothing was changed. Those that there are: { $command }history; any other version can be brought in with: { $command }deploy
refusal-no-way-back = Botadura cannot go back here: step { $step }: { $reason }. Nothing was changed. Put that step back by hand, or deploy a version that you trust.
refusal-undo-one-only = What has an undo can be undone for the last deployment alone. Nothing was changed. Go back one deployment at a time, or leave --with-undo out.
refusal-busy = The slot is taken: #{ $id } is being deployed there, and there is only one at a time. Wait for its end, or whoever may deploy there stops it: { $command }cancel { $id }
refusal-rollback-under-way = Rollback #{ $id } is under way. Nobody can stop it half-way; the environment would be left between two versions. See how it goes: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
refusal-too-late = How #{ $id } ends is already decided, so it cannot be stopped any more. See how it goes: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
refusal-locked = The lock is closed: { $scope } is locked by { $owner } since { $since }, { $until ->
        [unlocked] until it is unlocked
       *[other] until { $until }
    }{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }. Who can open it: { $owner } ({ $command }unlock { $target }). In an emergency, take it over: { $command }lock { $target } --steal
refusal-not-locked = There is no lock to open: nothing locks or keeps back { $scope }. Nothing to do.
refusal-no-approval-needed = The manifest asks for no approval there. Nothing to do: it starts by itself as soon as its other gates are open.
refusal-own-request = The approval gate does not take the approval of whoever asked for the deployment. Somebody else has to approve it.
refusal-not-among = The approval gate is not yours to open: somebody of { $roles } has to approve.
refusal-approved-before = You have approved this before, and each person counts once. Somebody else has to approve now.
refusal-foreign-repository = The repository gate is closed: { $application } belongs to another repository, which had this name before. Whoever runs this server can open it: check `repository` in that application's file.
refusal-no-runbook = There is no runbook “{ $name }”. There are: { $list }.
refusal-nothing-to-undo = The last run of { $runbook } did nothing that has an undo, or there was none. Nothing was changed.
refusal-nothing-runs = Nothing is known to run in { $environment }, so there is nothing to promote. Deploy there first, or name a version: { $command }deploy
refusal-not-from-there = Nothing goes from { $from } to { $to }: promoting brings a version from one environment into another of the same application. Nothing was done.
refusal-too-many-previews = There are { $count } previews already, and there may be no more. Close one of their pull requests, or take its label away.
refusal-cannot-plan = This version cannot be deployed: { $reason }. Nothing was changed. Correct the application's file, then ask again.
refusal-not-deployer = The rights gate is closed: only somebody of { $roles } may ask for that there. Nothing was done. Ask one of them to do it.
refusal-not-committer = The rights gate is closed: only whoever may write to the repository may ask for that there. Nothing was done. Ask one of them to do it.
refusal-no-reason = An emergency opens gates that are there for a reason, so it needs one itself. Nothing was done. Say why: --emergency "…"
refusal-no-point = The checklist there has no point “{ $name }”. Nothing was ticked. There are: { $list }
refusal-no-checklist = There is no checklist there, so there is nothing to tick.
refusal-out-of-scope = The token does not reach so far: this needs the scope { $needed }. Nothing was done. Ask whoever runs Botadura for a token that has it.

## Decisions

decision-open = #{ $id } → { $environment }: every gate is open, it starts
decision-waiting = #{ $id } → { $environment }: waits
decision-refused = #{ $id } → { $environment }: will not start

gate-kept-back-no = kept back: no
gate-kept-back-passed = kept back since { $why ->
        [rolled_back] #{ $id } was rolled back
       *[needs_human] #{ $id } needs a human
    }, but somebody asked for this in person
gate-kept-back-revert = kept back since #{ $id } was rolled back, but these files were good here before
gate-kept-back = kept back since { $why ->
        [rolled_back] #{ $id } was rolled back
       *[needs_human] #{ $id } needs a human
    } — { $who } can let it through: { $command }unlock { $environment }
gate-lock-none = lock: none in the way
gate-lock-own = locked by { $owner }{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }, who may pass; others wait until { $command }unlock { $target }
gate-lock = locked by { $owner }{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    } — { $who } can open it: { $command }unlock { $target }
gate-approvals-given = approvals: { $given } of { $needed }
gate-approvals = approvals: { $given } of { $needed } — { $who } can approve: { $command }approve { $id }
gate-part-given = { $roles }: { $people }
gate-part = { $roles }: { $given } of { $needed }{ $people ->
        [none] {""}
       *[other] {" "}({ $people })
    }
gate-part-anybody = anybody
gate-approval-expired = approvals: nobody approved in time, it was over at { $at } — whoever may deploy here can ask anew: { $command }deploy { $environment }
gate-turn-free = turn: nobody is before it
gate-turn = turn: #{ $id } is before it, and goes first by itself — whoever may deploy here can take that back: { $command }cancel { $id }
gate-slot-free = slot: free
gate-slot = slot: #{ $id } is being deployed there now; this one follows by itself
gate-rights = rights: { $by } may ask for this here
gate-rights-trigger = rights: a trigger of the manifest needs none here
gate-rights-no = rights: { $by } may not ask for this here — { $who } can: { $command }deploy { $environment }
gate-pull-request-any = pull request { $number }: allowed here, whatever it is
gate-pull-request-unknown = pull request { $number }: nothing is known of it, and it is not deployed unseen — only GitHub can tell, through the App; whoever runs this server can set that up
gate-fork-no = fork: no, pull request { $number } is from the repository itself
gate-fork-allowed = fork: pull request { $number } is from one, which is allowed here
gate-fork = fork: pull request { $number } is from one, and what forks hold is not deployed here — push the branch to the repository itself, then ask for that
gate-draft-no = draft: no, pull request { $number } is ready
gate-draft-allowed = draft: pull request { $number } is one, which is allowed here
gate-draft = draft: pull request { $number } is one — { $who } can mark it as ready on GitHub
gate-up-to-date = up to date: pull request { $number } has everything that its base has
gate-behind-allowed = up to date: not asked of pull request { $number } here
gate-behind-warned = up to date: careful, pull request { $number } is behind its base, and what runs here may hold more
gate-behind = up to date: pull request { $number } is behind its base — bring its branch up to date, then ask for the new version
gate-behind-unknown = up to date: GitHub does not say yet whether pull request { $number } is behind its base; it is asked again
gate-protected = protected branch: { $known ->
        [yes] { $branch } holds this version
       *[no] { $branch } holds this version (without the GitHub App, the branches that triggers name and the default branch count as protected)
    }
gate-protected-no = protected branch: { $known ->
        [yes] none holds this version
       *[no] none holds this version (without the GitHub App, the branches that triggers name and the default branch count as protected)
    } — { $who } can bring it into one
gate-after-proved = after { $place }: it has proved itself there as #{ $id }
gate-after-never = after { $place }: this version has not succeeded there yet — { $who } can deploy it there: { $command }deploy { $place }
gate-after-soaks = after { $place }: runs there as #{ $id } since { $since }, and must stay unbroken for longer
gate-after-left = after { $place }: #{ $id } was { $why ->
        [rolled_back] rolled back by #{ $by }, so it has not proved itself
       *[replaced] replaced by #{ $by } at { $at }, before it had run there for long enough
    } — deploy it there once more, then ask anew
gate-tag = tag: { $tag }
gate-tag-no = tag: none like { $patterns } on these files yet — { $who } can push one
gate-freeze-no = freeze: not now
gate-freeze = freeze: nothing begins now{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }
gate-checklist-done = checklist of { $place }: { $ticked } of { $points }
gate-checklist = checklist of { $place }: { $ticked } of { $points } — { $who } can tick them: { $command }tick { $id } <point>
gate-checklist-later = checklist of { $place }: { $ticked } of { $points } — { $who } can tick them once this version is there
gate-point = { $number }. { $point }
gate-point-ticked = { $number }. { $point } ({ $by })
gate-point-by-itself = { $number }. { $point } (satisfied by itself)
gate-emergency = { $gate } — opened in an emergency
gate-opens = opens by itself at { $at }
gate-expires = given up if still closed at { $at }

## Stories

beat-proposed = { $how ->
        [push] proposed by a push from { $actor }
       *[asked] asked for by { $actor }
    }
beat-proposed-retry = { $actor } tries #{ $id } once more
beat-proposed-schedule = proposed by its schedule
beat-proposed-promotion = goes on by itself: it proved itself as #{ $id }
beat-proposed-pull-request = proposed by pull request { $number } ({ $actor })
beat-waits = waits — { $gate }
beat-begun = { $steps ->
        [0] begins: every step is as it should be already
        [one] begins: 1 step
       *[other] begins: { $steps } steps
    }
beat-begun-rollback = rolls back #{ $id }: { $version } comes back
beat-emergency = EMERGENCY: { $actor } opens gates by hand, because: { $reason }
beat-begun-runbook = runs { $runbook }: { $steps ->
        [one] 1 step
       *[other] { $steps } steps
    }
beat-begun-removal = takes everything away
beat-points-open = { $count ->
        [one] a point of the checklist is still open, and its time is over
       *[other] { $count } points of the checklist are still open, and their time is over
    }; nothing is rolled back for that — whoever may deploy here can tick them: { $command }tick { $id } <point>
beat-resumed = taken up again after an interruption; nothing is lost, nothing done twice
beat-stopping = { $leave ->
        [yes] stops, as { $by } wishes; what it has changed stays
       *[no] stops, as { $by } wishes; what it has changed is put back
    }
beat-skipped-unchanged = { $step } left out: nothing that it depends on has changed
beat-skipped-taken-over = { $step } not done again: its result is taken over from #{ $id }
beat-done = { $op ->
        [restore] { $step } restored
        [remove] { $step } taken away
        [undo] { $step } taken back
       *[apply] { $step } done
    } in { $took }
beat-trouble = { $step } has a problem that may pass, and is tried again by itself: { $reason }
beat-failed = { $op ->
        [restore] { $step } could not be restored
        [remove] { $step } could not be taken away
        [undo] { $step } could not be taken back
        [clean-up] { $step } could not clean up after itself
        [retire] { $step } could not let go of the version before
        [by-hand] { $step } needs a human
       *[apply] { $step } failed
    }: { $reason }
beat-kept-back = { $why ->
        [rolled_back] kept back from now on: new pushes wait, so that the bad version does not come again
       *[needs_human] kept back from now on: new pushes wait until somebody has looked at it
    }

ended-succeeded = deployed in { $took }: { $version } is live
ended-run = { $runbook } is done in { $took }
ended-removed = everything was taken away in { $took }
ended-rolled-back = rolled back in { $took }: { $version } is back
ended-failed = { $step ->
        [none] failed after { $took }
       *[other] failed at { $step } after { $took }
    }
ended-cancelled = stopped by { $by } after { $took }
ended-needs-human = { $step ->
        [none] needs a human
       *[other] needs a human at { $step }
    } after { $took }: { $reason }
ended-reverted = deployed in { $took }, and taken back since by #{ $rollback }
ended-then-reverted = { $ended } — #{ $rollback } has taken it back since
ended-then-rollback = { $ended } — #{ $rollback } brings back what was there before
ended-then-left = { $ended } — what it had changed stays as it is
ended-then-stopped = { $ended } — what was done before stays
ended-then-nothing = { $ended } — nothing was released, so nothing is rolled back

dropped-superseded = will not start: the newer #{ $id } takes its place
dropped-rejected = will not start: { $by } rejected it{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }
dropped-withdrawn = will not start: { $by } took it back
dropped-expired = will not start: nobody approved it in time
dropped-impossible = will not start: { $reason }
dropped-refused = will not start: { $gate }

outcome-succeeded = succeeded
outcome-failed = failed: { $reason }
outcome-cancelled = stopped by { $by }
outcome-needs-human = needs a human: { $reason }

headline = #{ $id } { $environment } { $version }: { $sentence }
headline-running = under way — { $sentence }

look = look: { $place }
look-log = look: { $where ->
        [comment] /status
       *[terminal] botadura logs { $id }
    }
look-lines = last output:
remedy = do: { $remedy }
do-by-hand = do, as far as it fits:
do-deploy-again = do: correct it, then push, or ask anew: { $command }deploy { $environment }
do-ask-again = do: ask anew if it is still wanted: { $command }deploy { $environment }
do-retry = do: correct the cause and push, or try the same again: { $command }retry { $id }
do-undo = do: take back what was done: { $command }run { $runbook } --undo
do-roll-back = do: to put it back: { $command }rollback { $environment }
do-unlock = do: push a revert, or let new pushes in again: { $command }unlock { $environment }
do-unlock-human = do: when it is in order again: { $command }unlock { $environment }

## What an audit found

audit-clean = The history is as it was written: { $rows } rows.
audit-altered = The history was altered. Of { $rows } rows the first wrong one: { $first }. Deployments that something is wrong about: { $deployments }.
audit-row = row { $row }
audit-no-row = what is not in it
audit-place = row { $row }, #{ $id }
audit-place-end = the end
audit-before = { $count } deployments ended before there was a history; nothing can be said of them.
audit-head = The chain ends with row { $count }, { $hash }. Kept elsewhere, it also shows when all of the store is replaced.
audit-fault-row = the row is not as it was written
audit-fault-order = the row does not follow the one before it; one was replaced, taken out, put in or moved
audit-fault-unreadable = what the row says cannot be read
audit-fault-deployment = the deployment is not as it was when it ended
audit-fault-proposal = the proposal that it was is not as it was when it ended
audit-fault-approvals = its approvals are not as they were when it ended
audit-fault-journal = its journal is not as it was when it ended
audit-fault-disagrees = the row says something else than the deployment, its proposal and its journal amount to
audit-fault-missing = it ended, and the history does not know it
audit-fault-end = the history does not end where it must; rows were cut off or put in

## What would become of something

simulation-repository = The repository does not answer ({ $why }). What the payload says is taken to be so, and every file counts as changed.
simulation-rights = Who asks may not deploy there, only { $who ->
        [writers] whoever may write to the repository
       *[other] somebody of { $who }
    } may. It is told as the operator would meet it.
simulation-reply = It would be answered:
why-waiting = What waits for { $environment }:
why-nothing = Nothing waits for { $environment }. If somebody asked now for what would come next:
plan-cannot = It could not be carried out: { $why }
plan-head = Once every gate is open (plan { $digest }):
plan-step = { $number }. { $step } ({ $kind }){ $op ->
        [apply] {""}
        [undo] , taken back
        [remove] , taken away
       *[other] {" "}{ $op }
    }
plan-rebuilt = built again, because { $why }
plan-back = A rollback would bring back:
plan-back-release = { $step }: { $release }, of { $version }
plan-back-found = { $step }: whatever is found there when it begins; where nothing is, it is taken away
plan-back-stays = { $step }: not touched

## Commands

reply-heard = { $commands ->
        [one] The comment has one command.
       *[other] The comment has { $commands } commands.
    } Each is answered by itself.
misread-no-command = A command begins with /. /help lists those that there are.
misread-quotation = A quotation mark is not closed. Close it, or leave it out.
misread-command = There is no command /{ $word }{ $near ->
        [none] . /help lists those that there are.
       *[other] ; did you mean /{ $near }?
    }
misread-flag = /{ $name } has no --{ $flag }{ $near ->
        [none] . /help shows how it is written.
       *[other] ; did you mean --{ $near }?
    }
misread-no-value = --{ $flag } needs a value after it.
misread-missing = { $what ->
        [an_environment] An environment
        [a_runbook] A runbook
        [a_point] The number of a point
        [a_span] A span of time, after "for",
       *[other] Something
    } is missing: { $usage }
misread-too-much = "{ $word }" is not understood here: { $usage }
misread-unknown = There is no { $what ->
        [application] application
        [runbook] runbook
       *[environment] environment
    } "{ $name }"{ $near ->
        [none] ; there are: { $known }
       *[other] ; did you mean "{ $near }"?
    }
misread-which = Several applications have "{ $name }". Name one of them before it: { $applications }
misread-which-deployment = Name the deployment by its number. /status and /history show them.
misread-only-shows = This command changes nothing, so there is nothing to tell beforehand.
misread-not-built-in = { $what } is not built into this server yet. Nothing was done.
misread-form = "{ $text }" is not { $wanted ->
        [span] a span of time (30m, 2h, 1d)
        [point] the number of a point
        [number] the number of a deployment
       *[reference] a branch, a tag or a commit
    }.
refusal-too-old = This command is more than { $minutes } minutes old: too much may have changed since. Nothing was done. Write it again if it still holds.
refusal-changed = The comment was changed or taken away after it was written, so nobody can tell what was meant. Nothing was done. Write the command in a new comment.
refusal-too-many = There are more than { $most } commands in this comment. None of them was obeyed. Write fewer at a time.
refusal-head-moved = { $seen ->
        [unknown] Which commit was the head when you wrote this is not known, so nothing is deployed that you may not have seen. The head is { $now }.
       *[other] The head moved after your comment: you could see { $seen }, and it is { $now } now. Nothing was deployed.
    } If you mean { $now }: { $confirm }
refusal-which = Several may be meant: { $ids }. Name one by its number.
refusal-which-none = Nothing that was asked for here can be meant. Name the deployment by its number: /status and /history show them.
shown-nothing = There is no environment here.
shown-no-history = Nothing was deployed yet.
shown-runs = { $environment }: { $version } since { $since }, by { $by } (#{ $id })
shown-runs-nothing = { $environment }: nothing that Botadura knows of
shown-under-way = #{ $id } is under way
shown-waiting = #{ $id } waits; /why tells what for
shown-kept-back = kept back since #{ $id }: triggers wait until somebody deploys or unlocks it
shown-locked = locked by { $owner }{ $until ->
        [unlocked] {""}
       *[other] {" "}until { $until }
    }{ $reason ->
        [none] {""}
       *[other] : { $reason }
    }
shown-ran = #{ $id } { $environment }: { $what }, { $result ->
        [succeeded] succeeded
        [failed] failed
        [cancelled] cancelled
        [needs_human] needs a human
       *[running] under way
    }, { $at }, by { $by }
help-deploys = You may deploy to { $environments }:
help-deploys-nothing = You may not deploy anything here.
help-approves = You may approve for { $environments }:
help-runs = You may run: /run { $application } { $runbook }
help-others = Only others may deploy to { $environments }.
help-everybody = Everybody may ask:

## Buttons

button-approve = Approve
button-approve-help = Agree to this deployment
button-reject = Reject
button-reject-help = Refuse this deployment
button-retry = Retry
button-retry-help = Run this deployment again
button-rollback = Roll back
button-rollback-help = Bring back what ran before
