# Todo lo que lee una persona, en español. `en.ftl` tiene los mismos mensajes con los mismos argumentos.
# Qué ha pasado, qué significa y qué hacer; lo bastante breve para las tres de la madrugada.

## Fragmentos

decimal = ,
or = {" / "}
none = (aún nada)
actor-operator = quien opera el servidor
actor-vouched = { $login } (según el operador)
actor-token = el token { $name }
actor-botadura = Botadura
scope-everything = todos los entornos de todas las aplicaciones
scope-application = todos los entornos de { $application }
who-roles = alguien de { $roles }
who-deployers = cualquiera que pueda desplegar aquí
who-deployers-of = cualquiera que pueda desplegar en { $environment }
who-committers = cualquiera que pueda escribir en el repositorio
earlier-state = el estado anterior al primer despliegue
subject-runbook = procedimiento { $runbook }
subject-undo = procedimiento { $runbook }, deshecho
subject-removal = retirada
version-earlier = como antes

duration-milliseconds = { $milliseconds } ms
duration-seconds = { $seconds } s
duration-minutes = { $minutes } min
duration-minutes-seconds = { $minutes } min { $seconds } s
duration-hours = { $hours } h
duration-hours-minutes = { $hours } h { $minutes } min
duration-days = { $days } d
duration-days-hours = { $days } d { $hours } h
moment-now = ahora
moment-ago = { $when } (hace { $span })
moment-ahead = { $when } (dentro de { $span })

## Qué ha sido de una entrega

reply-closed = Aquí no hay nada que hacer: { $reason }.
reply-nothing = Aquí no hay nada que hacer: ningún entorno sigue esto.
reply-delayed = Aún no está hecho: { $reason }. Botadura lo reintenta sola; no tienes que hacer nada.
reply-parked = Botadura no puede hacerlo por sí sola: { $reason }. Queda guardado. Corrígelo y vuelve a enviarlo.

answered-proposed = { $environment }: #{ $id } traerá { $version } en cuanto se abran sus compuertas. Para seguirlo: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
answered-supersedes = { $environment }: sustituye a { $ids }, con lo que eso ya no empezará.
answered-to-run = { $environment }: { $undo ->
        [yes] #{ $id } deshará lo que hizo la última ejecución de { $runbook }
       *[no] #{ $id } ejecutará { $runbook }
    } en cuanto se abran sus puertas. Síguelo: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
answered-to-remove = { $environment }: #{ $id } lo retirará todo en cuanto no haya nada en marcha allí. Síguelo: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
answered-joined = { $environment }: #{ $id } ya tiene esta versión: espera, está en curso o funciona. Para verlo: { $command }status. Para desplegarla otra vez: { $command }deploy { $environment } --again
answered-unchanged = { $environment }: ningún archivo de la aplicación difiere de los de #{ $id }, así que no se despliega nada. Para desplegar de todos modos: { $command }deploy { $environment } <rama, etiqueta o SHA>
answered-refused = { $environment }: { $refusal }

done-rolling-back = #{ $id } está revirtiendo: vuelve { $version }. Para seguirlo: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
done-approved = Tu aprobación de #{ $id } cuenta. Empezará solo en cuanto se abran todas sus compuertas. Para ver qué falta: { $command }status
done-rejected = #{ $id } queda rechazado y no empezará. Quien aún quiera esa versión tiene que volver a pedirla.
done-locked = Bloqueo de { $owner }: { $scope }. Nadie más despliega ahí hasta { $until ->
        [unlocked] que se desbloquee
       *[other] { $until }
    }. Para liberarlo: { $command }unlock { $target }
done-locked-from = Hasta ahora el bloqueo era de { $from }: avísale.
done-unlocked = Sin bloqueo: { $scope }. Lo que esperaba por esto sigue solo.
done-cancelling = #{ $id } se está deteniendo y recoge lo que dejó. Para ver cómo acaba: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
done-withdrawn = #{ $id } queda retirado y no empezará. No se ha cambiado nada.
done-ticked = Marcado en la lista de { $environment }, para esta versión: { $number }. { $point }. Lo que esperaba por esto sigue solo.
done-not-ticked = Ya no está marcado en la lista de { $environment }, para esta versión: { $number }. { $point }. Lo que lo necesita espera hasta que alguien lo marque.
done-ticked-before = Ya estaba marcado en la lista de { $environment }, para esta versión: { $number }. { $point }. No ha cambiado nada.
done-not-ticked-before = No estaba marcado en la lista de { $environment }, para esta versión: { $number }. { $point }. No ha cambiado nada.

## Negativas

refusal-no-application = No hay ninguna aplicación «{ $name }». Las que hay: { $list }. Las nuevas se añaden con un archivo en la configuración, en manos de quien lleva este servidor.
refusal-no-environment = No hay ningún entorno «{ $name }». Los que hay: { $list }.
refusal-no-deployment = No hay ninguna propuesta ni despliegue #{ $id }. Para buscar el número: { $command }history
refusal-not-waiting = #{ $id } ya no está en espera: ha empezado o ha terminado, así que no queda nada que hacer con él. Para ver qué ha sido de él: { $command }history
refusal-not-running = #{ $id } no está en marcha, así que no hay nada que detener. Para ver qué lo está: { $command }status
refusal-not-failed = #{ $id } no falló, así que no hay nada que reintentar. Para desplegar esa versión otra vez: { $command }deploy … --again
refusal-no-reference = El repositorio no tiene ninguna rama, etiqueta ni commit «{ $reference }». Revisa la ortografía, haz antes el push o da el SHA completo.
refusal-name-the-version = Este entorno no sigue una única rama, así que hay que decir la versión: una rama, una etiqueta o un SHA completo.
refusal-runs-already = Esa versión ya está ahí, desde #{ $id }. No se ha hecho nada. Para desplegarla otra vez: lo mismo con --again
refusal-nothing-to-go-back-to = Aquí no hay ningún despliegue bueno anterior al que volver. No se ha cambiado nada. Despliega una versión de confianza con: { $command }deploy
refusal-not-good-here = «{ $to }» no es ningún despliegue, etiqueta ni commit que haya funcionado aquí y no se haya retirado después. No se ha cambiado nada. Los que hay: { $command }history; cualquier otra versión se trae con: { $command }deploy
refusal-no-way-back = Botadura no puede volver atrás aquí: paso { $step }: { $reason }. No se ha cambiado nada. Devuelve ese paso a mano o despliega una versión de confianza.
refusal-undo-one-only = Lo que tiene «undo» solo se puede deshacer en el último despliegue. No se ha cambiado nada. Vuelve atrás de uno en uno, o quita --with-undo.
refusal-busy = El puesto está ocupado: #{ $id } se está desplegando ahí, y solo cabe uno a la vez. Espera a que acabe, o que lo detenga quien pueda desplegar ahí: { $command }cancel { $id }
refusal-rollback-under-way = La reversión #{ $id } está en marcha. Nadie puede detenerla a medias: el entorno quedaría entre dos versiones. Para ver cómo va: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
refusal-too-late = Ya está decidido cómo acaba #{ $id }, así que no se puede detener. Para ver cómo va: { $where ->
        [comment] /status
       *[terminal] botadura logs -f { $id }
    }
refusal-locked = El bloqueo lo impide: { $scope }, bloqueo de { $owner } desde { $since }, { $until ->
        [unlocked] hasta que se desbloquee
       *[other] hasta { $until }
    }{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }. Puede abrirlo { $owner } ({ $command }unlock { $target }). En una emergencia, tómalo: { $command }lock { $target } --steal
refusal-not-locked = No hay bloqueo que abrir: nada bloquea ni retiene { $scope }. Nada que hacer.
refusal-no-approval-needed = El manifiesto no pide aprobación ahí. Nada que hacer: empieza solo en cuanto se abran sus demás compuertas.
refusal-own-request = La compuerta de aprobación no acepta la de quien pidió el despliegue. Tiene que aprobarlo otra persona.
refusal-not-among = No te toca abrir esta compuerta de aprobación: tiene que aprobar alguien de { $roles }.
refusal-approved-before = Ya lo habías aprobado, y cada persona cuenta una vez. Ahora tiene que aprobar otra persona.
refusal-foreign-repository = La compuerta del repositorio está cerrada: { $application } pertenece a otro repositorio, que antes tuvo este nombre. Puede abrirla quien lleva este servidor: revisa `repository` en el archivo de esa aplicación.
refusal-no-runbook = No existe el procedimiento «{ $name }». Existen: { $list }.
refusal-nothing-to-undo = La última ejecución de { $runbook } no hizo nada que tenga un deshacer, o no la hubo. No se ha cambiado nada.
refusal-nothing-runs = No consta que haya nada funcionando en { $environment }, así que no hay nada que promover. Despliega allí primero, o nombra una versión: { $command }deploy
refusal-not-from-there = De { $from } a { $to } no va nada: promover lleva una versión de un entorno a otro de la misma aplicación. No se ha hecho nada.
refusal-too-many-previews = Ya hay { $count } vistas previas, y no puede haber más. Cierra uno de sus pull requests, o quítale la etiqueta.
refusal-cannot-plan = Esta versión no se puede desplegar: { $reason }. No se ha cambiado nada. Corrige el archivo de la aplicación y vuelve a pedirlo.
refusal-not-deployer = La compuerta de permisos está cerrada: ahí solo puede pedirlo alguien de { $roles }. No se ha hecho nada. Pídeselo a quien pueda.
refusal-not-committer = La compuerta de permisos está cerrada: ahí solo puede pedirlo quien pueda escribir en el repositorio. No se ha hecho nada. Pídeselo a quien pueda.
refusal-no-reason = Una emergencia abre compuertas que están ahí por un motivo, así que también necesita el suyo. No se ha hecho nada. Di por qué: --emergency "…"
refusal-no-point = La lista de ahí no tiene ningún punto «{ $name }». No se ha marcado nada. Los que hay: { $list }
refusal-no-checklist = Ahí no hay ninguna lista, así que no hay nada que marcar.
refusal-out-of-scope = El token no llega a tanto: para esto hace falta el permiso { $needed }. No se ha hecho nada. Pide un token que lo tenga a quien administra Botadura.

## Decisiones

decision-open = #{ $id } → { $environment }: todas las compuertas abiertas, empieza
decision-waiting = #{ $id } → { $environment }: en espera
decision-refused = #{ $id } → { $environment }: no empezará

gate-kept-back-no = retención: ninguna
gate-kept-back-passed = { $why ->
        [rolled_back] retenido porque #{ $id } se revirtió
       *[needs_human] retenido porque #{ $id } necesita a una persona
    }, pero esto lo ha pedido alguien en persona
gate-kept-back-revert = retención porque #{ $id } se revirtió, pero estos archivos ya fueron buenos aquí
gate-kept-back = { $why ->
        [rolled_back] retenido porque #{ $id } se revirtió
       *[needs_human] retenido porque #{ $id } necesita a una persona
    } — puede dejarlo pasar { $who }: { $command }unlock { $environment }
gate-lock-none = bloqueo: ninguno que estorbe
gate-lock-own = bloqueo de { $owner }{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }, a quien no estorba; los demás esperan hasta { $command }unlock { $target }
gate-lock = bloqueo de { $owner }{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    } — puede abrirlo { $who }: { $command }unlock { $target }
gate-approvals-given = aprobaciones: { $given } de { $needed }
gate-approvals = aprobaciones: { $given } de { $needed } — puede aprobar { $who }: { $command }approve { $id }
gate-part-given = { $roles }: { $people }
gate-part = { $roles }: { $given } de { $needed }{ $people ->
        [none] {""}
       *[other] {" "}({ $people })
    }
gate-part-anybody = cualquiera
gate-approval-expired = aprobaciones: nadie aprobó a tiempo, el plazo acabó el { $at } — puede volver a pedirlo quien pueda desplegar aquí: { $command }deploy { $environment }
gate-turn-free = turno: nadie va antes
gate-turn = turno: va antes #{ $id }, que pasará solo — quien pueda desplegar aquí puede retirarlo: { $command }cancel { $id }
gate-slot-free = puesto: libre
gate-slot = puesto: ahora se despliega ahí #{ $id }; después sigue este, solo
gate-rights = permisos: { $by } puede pedir esto aquí
gate-rights-trigger = permisos: un disparador del manifiesto no los necesita aquí
gate-rights-no = permisos: { $by } no puede pedir esto aquí — puede hacerlo { $who }: { $command }deploy { $environment }
gate-pull-request-any = pull request { $number }: se admite aquí, sea como sea
gate-pull-request-unknown = pull request { $number }: no se sabe nada de ella, y a ciegas no se despliega — solo GitHub puede decirlo, a través de la App; puede configurarla quien lleva este servidor
gate-fork-no = fork: no, la pull request { $number } es del propio repositorio
gate-fork-allowed = fork: la pull request { $number } viene de uno, y aquí se admite
gate-fork = fork: la pull request { $number } viene de uno, y aquí no se despliega lo que hay en forks — sube la rama al propio repositorio y pide esa
gate-draft-no = borrador: no, la pull request { $number } está lista
gate-draft-allowed = borrador: la pull request { $number } lo es, y aquí se admite
gate-draft = borrador: la pull request { $number } lo es — puede marcarla como lista en GitHub { $who }
gate-up-to-date = al día: la pull request { $number } tiene todo lo que tiene su base
gate-behind-allowed = al día: aquí no se le pide a la pull request { $number }
gate-behind-warned = al día: cuidado, la pull request { $number } va por detrás de su base, y lo que hay aquí puede tener más
gate-behind = al día: la pull request { $number } va por detrás de su base — pon su rama al día y pide la versión nueva
gate-behind-unknown = al día: GitHub aún no dice si la pull request { $number } va por detrás de su base; se le vuelve a preguntar
gate-protected = rama protegida: { $known ->
        [yes] { $branch } contiene esta versión
       *[no] { $branch } contiene esta versión (sin la App de GitHub cuentan como protegidas las ramas que nombran los disparadores y la principal)
    }
gate-protected-no = rama protegida: { $known ->
        [yes] ninguna contiene esta versión
       *[no] ninguna contiene esta versión (sin la App de GitHub cuentan como protegidas las ramas que nombran los disparadores y la principal)
    } — puede llevarla a una { $who }
gate-after-proved = después de { $place }: allí ha dado buena prueba como #{ $id }
gate-after-never = después de { $place }: allí esta versión aún no ha salido bien — puede desplegarla allí { $who }: { $command }deploy { $place }
gate-after-soaks = después de { $place }: allí funciona como #{ $id } desde { $since }, y tiene que seguir más tiempo sin interrupción
gate-after-left = después de { $place }: { $why ->
        [rolled_back] #{ $by } revirtió #{ $id }, así que no ha dado buena prueba
       *[replaced] #{ $by } sustituyó a #{ $id } el { $at }, antes de que llevara allí el tiempo suficiente
    } — despliégala allí otra vez y vuelve a pedirlo
gate-tag = etiqueta: { $tag }
gate-tag-no = etiqueta: aún ninguna como { $patterns } sobre estos archivos — puede subir una { $who }
gate-freeze-no = veda: ahora no
gate-freeze = veda: ahora no empieza nada{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }
gate-checklist-done = lista de { $place }: { $ticked } de { $points }
gate-checklist = lista de { $place }: { $ticked } de { $points } — puede marcarlos { $who }: { $command }tick { $id } <punto>
gate-checklist-later = lista de { $place }: { $ticked } de { $points } — puede marcarlos { $who } cuando esta versión esté allí
gate-point = { $number }. { $point }
gate-point-ticked = { $number }. { $point } ({ $by })
gate-point-by-itself = { $number }. { $point } (se cumple solo)
gate-emergency = { $gate } — abierta por una emergencia
gate-opens = se abre sola el { $at }
gate-expires = se abandona si sigue cerrada el { $at }

## Relatos

beat-proposed = { $how ->
        [push] propuesto por un push de { $actor }
       *[asked] pedido por { $actor }
    }
beat-proposed-retry = { $actor } reintenta #{ $id }
beat-proposed-schedule = propuesto por su horario
beat-proposed-promotion = sigue adelante por sí mismo: ya demostró que funciona como #{ $id }
beat-proposed-pull-request = propuesto por el pull request { $number } ({ $actor })
beat-waits = en espera — { $gate }
beat-begun = { $steps ->
        [0] empieza: todos los pasos están ya como deben
        [one] empieza: 1 paso
       *[other] empieza: { $steps } pasos
    }
beat-begun-rollback = revierte #{ $id }: vuelve { $version }
beat-emergency = EMERGENCIA: { $actor } abre compuertas a mano, porque: { $reason }
beat-begun-runbook = ejecuta { $runbook }: { $steps ->
        [one] 1 paso
       *[other] { $steps } pasos
    }
beat-begun-removal = lo retira todo
beat-points-open = { $count ->
        [one] queda abierto un punto de la lista, y su plazo ha acabado
       *[other] quedan abiertos { $count } puntos de la lista, y su plazo ha acabado
    }; no se revierte nada por eso — puede marcarlos quien pueda desplegar aquí: { $command }tick { $id } <punto>
beat-resumed = retomado tras una interrupción; no se pierde nada ni se repite nada
beat-stopping = { $leave ->
        [yes] se detiene por deseo de { $by }; lo que ha cambiado se queda
       *[no] se detiene por deseo de { $by }; lo que ha cambiado se devuelve a su sitio
    }
beat-skipped-unchanged = { $step }: se omite, no ha cambiado nada de lo que depende
beat-skipped-taken-over = { $step }: no se repite, se aprovecha el resultado de #{ $id }
beat-done = { $op ->
        [restore] { $step }: restaurado
        [remove] { $step }: retirado
        [undo] { $step }: deshecho
       *[apply] { $step }: hecho
    } en { $took }
beat-trouble = { $step }: un problema quizá pasajero, se reintenta solo: { $reason }
beat-failed = { $op ->
        [restore] { $step }: no se pudo restaurar
        [remove] { $step }: no se pudo retirar
        [undo] { $step }: no se pudo deshacer
        [clean-up] { $step }: no pudo recoger lo que dejó
        [retire] { $step }: no pudo soltar la versión anterior
        [by-hand] { $step }: necesita a una persona
       *[apply] { $step }: falló
    }: { $reason }
beat-kept-back = { $why ->
        [rolled_back] retenido desde ahora: los push nuevos esperan, para que la versión mala no vuelva
       *[needs_human] retenido desde ahora: los push nuevos esperan a que alguien lo mire
    }

ended-succeeded = desplegado en { $took }: { $version } está en servicio
ended-run = { $runbook } terminó en { $took }
ended-removed = todo se retiró en { $took }
ended-rolled-back = revertido en { $took }: ha vuelto { $version }
ended-failed = { $step ->
        [none] falló tras { $took }
       *[other] falló en { $step } tras { $took }
    }
ended-cancelled = lo detuvo { $by } tras { $took }
ended-needs-human = { $step ->
        [none] necesita a una persona
       *[other] necesita a una persona en { $step }
    } tras { $took }: { $reason }
ended-reverted = desplegado en { $took }, y revertido después por #{ $rollback }
ended-then-reverted = { $ended } — #{ $rollback } lo ha revertido después
ended-then-rollback = { $ended } — #{ $rollback } devuelve lo que había antes
ended-then-left = { $ended } — lo que había cambiado se queda como está
ended-then-stopped = { $ended } — lo que se hizo antes se queda
ended-then-nothing = { $ended } — no se ha publicado nada, así que no se vuelve a nada

dropped-superseded = no empezará: lo releva #{ $id }, más nuevo
dropped-rejected = no empezará: lo rechazó { $by }{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }
dropped-withdrawn = no empezará: lo retiró { $by }
dropped-expired = no empezará: nadie lo aprobó a tiempo
dropped-impossible = no empezará: { $reason }
dropped-refused = no empezará: { $gate }

outcome-succeeded = correcto
outcome-failed = falló: { $reason }
outcome-cancelled = lo detuvo { $by }
outcome-needs-human = necesita a una persona: { $reason }

headline = #{ $id } { $environment } { $version }: { $sentence }
headline-running = en marcha — { $sentence }

look = dónde mirar: { $place }
look-log = dónde mirar: { $where ->
        [comment] /status
       *[terminal] botadura logs { $id }
    }
look-lines = última salida:
remedy = qué hacer: { $remedy }
do-by-hand = qué hacer, según convenga:
do-deploy-again = qué hacer: corrígelo y haz push, o vuelve a pedirlo: { $command }deploy { $environment }
do-ask-again = qué hacer: si aún hace falta, vuelve a pedirlo: { $command }deploy { $environment }
do-retry = qué hacer: corrige la causa y haz push, o reintenta lo mismo: { $command }retry { $id }
do-undo = qué hacer: deshacer lo hecho: { $command }run { $runbook } --undo
do-roll-back = qué hacer: para devolverlo a su sitio: { $command }rollback { $environment }
do-unlock = qué hacer: push de un «revert», o vuelve a dejar entrar los push: { $command }unlock { $environment }
do-unlock-human = qué hacer: cuando esté en orden: { $command }unlock { $environment }

## Lo que halló una auditoría

audit-clean = El historial está como se escribió: { $rows } filas.
audit-altered = El historial ha sido alterado. De { $rows } filas, la primera errónea: { $first }. Despliegues en los que algo no cuadra: { $deployments }.
audit-row = fila { $row }
audit-no-row = algo que no está en él
audit-place = fila { $row }, #{ $id }
audit-place-end = el final
audit-before = { $count } despliegues terminaron antes de que hubiera historial; de ellos no se puede decir nada.
audit-head = La cadena acaba en la fila { $count }, { $hash }. Guardado en otro sitio, muestra también si se cambia todo el almacén.
audit-fault-row = la fila no está como se escribió
audit-fault-order = la fila no sigue a la anterior; alguna fue cambiada, quitada, añadida o movida
audit-fault-unreadable = lo que dice la fila no se puede leer
audit-fault-deployment = el despliegue no está como cuando terminó
audit-fault-proposal = la propuesta que fue no está como cuando terminó
audit-fault-approvals = sus aprobaciones no están como cuando terminó
audit-fault-journal = su diario no está como cuando terminó
audit-fault-disagrees = la fila dice otra cosa que lo que resulta del despliegue, su propuesta y su diario
audit-fault-missing = terminó, y el historial no lo conoce
audit-fault-end = el historial no acaba donde debe; se cortaron o añadieron filas

## Qué pasaría

simulation-repository = El repositorio no responde ({ $why }). Se da por cierto lo que dice el mensaje, y todos los archivos cuentan como cambiados.
simulation-rights = Quien pregunta no puede desplegar allí: solo puede { $who ->
        [writers] quien escribe en el repositorio
       *[other] alguien de { $who }
    }. Se cuenta como lo vería quien opera el servidor.
simulation-reply = Se respondería:
why-waiting = Lo que espera para { $environment }:
why-nothing = Nada espera para { $environment }. Si alguien pidiera ahora lo que vendría después:
plan-cannot = No se podría llevar a cabo: { $why }
plan-head = En cuanto se abran todas las compuertas (plan { $digest }):
plan-step = { $number }. { $step } ({ $kind }){ $op ->
        [apply] {""}
        [undo] , deshecho
        [remove] , retirado
       *[other] {" "}{ $op }
    }
plan-rebuilt = se construye de nuevo, porque { $why }
plan-back = Al volver atrás se recuperaría:
plan-back-release = { $step }: { $release }, de { $version }
plan-back-found = { $step }: lo que se encuentre allí al empezar; donde no haya nada, se retira
plan-back-stays = { $step }: no se toca

## Órdenes

reply-heard = { $commands ->
        [one] El comentario tiene una orden.
       *[other] El comentario tiene { $commands } órdenes.
    } Cada una recibe su respuesta.
misread-no-command = Una orden empieza por /. /help enumera las que hay.
misread-quotation = Falta cerrar unas comillas. Ciérralas o quítalas.
misread-command = No hay ninguna orden /{ $word }{ $near ->
        [none] . /help enumera las que hay.
       *[other] ; ¿querías decir /{ $near }?
    }
misread-flag = /{ $name } no tiene --{ $flag }{ $near ->
        [none] . /help muestra cómo se escribe.
       *[other] ; ¿querías decir --{ $near }?
    }
misread-no-value = --{ $flag } necesita un valor detrás.
misread-missing = Falta { $what ->
        [an_environment] un entorno
        [a_runbook] un procedimiento
        [a_point] el número de un punto
        [a_span] una duración, detrás de «for»
       *[other] algo
    }: { $usage }
misread-too-much = «{ $word }» no se entiende aquí: { $usage }
misread-unknown = No hay { $what ->
        [application] ninguna aplicación
        [runbook] ningún procedimiento
       *[environment] ningún entorno
    } «{ $name }»{ $near ->
        [none] ; hay: { $known }
       *[other] ; ¿querías decir «{ $near }»?
    }
misread-which = Varias aplicaciones tienen «{ $name }». Nombra una de ellas delante: { $applications }
misread-which-deployment = Nombra el despliegue por su número. /status y /history los muestran.
misread-only-shows = Esta orden no cambia nada, así que no hay nada que contar de antemano.
misread-not-built-in = { $what } todavía no está en este servidor. No se ha hecho nada.
misread-form = «{ $text }» no es { $wanted ->
        [span] una duración (30m, 2h, 1d)
        [point] el número de un punto
        [number] el número de un despliegue
       *[reference] una rama, una etiqueta o un commit
    }.
refusal-too-old = Esta orden tiene más de { $minutes } minutos: pueden haber cambiado demasiadas cosas. No se ha hecho nada. Escríbela otra vez si sigue en pie.
refusal-changed = El comentario se cambió o se quitó después de escribirse, y nadie puede saber qué se quería. No se ha hecho nada. Escribe la orden en un comentario nuevo.
refusal-too-many = Hay más de { $most } órdenes en este comentario. No se ha obedecido ninguna. Escribe menos a la vez.
refusal-head-moved = { $seen ->
        [unknown] No se sabe cuál era el último commit cuando escribiste esto, así que no se despliega nada que quizá no vieras. El último es { $now }.
       *[other] El último commit cambió después de tu comentario: podías ver { $seen }, y ahora es { $now }. No se ha desplegado nada.
    } Si te refieres a { $now }: { $confirm }
refusal-which = Puede tratarse de varios: { $ids }. Nombra uno por su número.
refusal-which-none = Nada de lo que se ha pedido aquí puede ser. Nombra el despliegue por su número: /status y /history los muestran.
shown-nothing = Aquí no hay ningún entorno.
shown-no-history = Todavía no se ha desplegado nada.
shown-runs = { $environment }: { $version } desde { $since }, por { $by } (#{ $id })
shown-runs-nothing = { $environment }: nada que Botadura conozca
shown-under-way = #{ $id } está en marcha
shown-waiting = #{ $id } espera; /why cuenta a qué
shown-kept-back = retenido desde #{ $id }: los disparadores esperan hasta que alguien despliegue o lo desbloquee
shown-locked = bloqueado por { $owner }{ $until ->
        [unlocked] {""}
       *[other] {" "}hasta { $until }
    }{ $reason ->
        [none] {""}
       *[other] : { $reason }
    }
shown-ran = #{ $id } { $environment }: { $what }, { $result ->
        [succeeded] conseguido
        [failed] fallido
        [cancelled] cancelado
        [needs_human] necesita a una persona
       *[running] en marcha
    }, { $at }, por { $by }
help-deploys = Puedes desplegar en { $environments }:
help-deploys-nothing = Aquí no puedes desplegar nada.
help-approves = Puedes aprobar para { $environments }:
help-runs = Puedes ejecutar: /run { $application } { $runbook }
help-others = Solo otros pueden desplegar en { $environments }.
help-everybody = Cualquiera puede preguntar:

## Botones

button-approve = Aprobar
button-approve-help = Aceptar este despliegue
button-reject = Rechazar
button-reject-help = No aceptar este despliegue
button-retry = Reintentar
button-retry-help = Repetir este despliegue
button-rollback = Revertir
button-rollback-help = Volver a lo que había antes
