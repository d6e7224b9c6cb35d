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
earlier-state = el estado anterior al primer despliegue
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

answered-proposed = { $environment }: #{ $id } traerá { $version } en cuanto se abran sus compuertas. Para seguirlo: botadura logs -f { $id }
answered-supersedes = { $environment }: sustituye a { $ids }, con lo que eso ya no empezará.
answered-joined = { $environment }: #{ $id } ya tiene esta versión: espera, está en curso o funciona. Para verlo: botadura status. Para desplegarla otra vez: botadura deploy { $environment } --again
answered-unchanged = { $environment }: ningún archivo de la aplicación difiere de los de #{ $id }, así que no se despliega nada. Para desplegar de todos modos: botadura deploy { $environment } <rama, etiqueta o SHA>
answered-refused = { $environment }: { $refusal }

done-rolling-back = #{ $id } está revirtiendo: vuelve { $version }. Para seguirlo: botadura logs -f { $id }
done-approved = Tu aprobación de #{ $id } cuenta. Empezará solo en cuanto se abran todas sus compuertas. Para ver qué falta: botadura status
done-rejected = #{ $id } queda rechazado y no empezará. Quien aún quiera esa versión tiene que volver a pedirla.
done-locked = Bloqueo de { $owner }: { $scope }. Nadie más despliega ahí hasta { $until ->
        [unlocked] que se desbloquee
       *[other] { $until }
    }. Para liberarlo: botadura unlock { $target }
done-locked-from = Hasta ahora el bloqueo era de { $from }: avísale.
done-unlocked = Sin bloqueo: { $scope }. Lo que esperaba por esto sigue solo.
done-cancelling = #{ $id } se está deteniendo y recoge lo que dejó. Para ver cómo acaba: botadura logs -f { $id }
done-withdrawn = #{ $id } queda retirado y no empezará. No se ha cambiado nada.

## Negativas

refusal-no-application = No hay ninguna aplicación «{ $name }». Las que hay: { $list }. Las nuevas se añaden con un archivo en la configuración, en manos de quien lleva este servidor.
refusal-no-environment = No hay ningún entorno «{ $name }». Los que hay: { $list }.
refusal-no-deployment = No hay ninguna propuesta ni despliegue #{ $id }. Para buscar el número: botadura history
refusal-not-waiting = #{ $id } ya no está en espera: ha empezado o ha terminado, así que no queda nada que hacer con él. Para ver qué ha sido de él: botadura history
refusal-not-running = #{ $id } no está en marcha, así que no hay nada que detener. Para ver qué lo está: botadura status
refusal-not-failed = #{ $id } no falló, así que no hay nada que reintentar. Para desplegar esa versión otra vez: botadura deploy … --again
refusal-no-reference = El repositorio no tiene ninguna rama, etiqueta ni commit «{ $reference }». Revisa la ortografía, haz antes el push o da el SHA completo.
refusal-name-the-version = Este entorno no sigue una única rama, así que hay que decir la versión: una rama, una etiqueta o un SHA completo.
refusal-runs-already = Esa versión ya está ahí, desde #{ $id }. No se ha hecho nada. Para desplegarla otra vez: lo mismo con --again
refusal-nothing-to-go-back-to = Aquí no hay ningún despliegue bueno anterior al que volver. No se ha cambiado nada. Despliega una versión de confianza con: botadura deploy
refusal-not-good-here = «{ $to }» no es ningún despliegue, etiqueta ni commit que haya funcionado aquí y no se haya retirado después. No se ha cambiado nada. Los que hay: botadura history; cualquier otra versión se trae con: botadura deploy
refusal-no-way-back = Botadura no puede volver atrás aquí: paso { $step }: { $reason }. No se ha cambiado nada. Devuelve ese paso a mano o despliega una versión de confianza.
refusal-undo-one-only = Lo que tiene «undo» solo se puede deshacer en el último despliegue. No se ha cambiado nada. Vuelve atrás de uno en uno, o quita --with-undo.
refusal-busy = El puesto está ocupado: #{ $id } se está desplegando ahí, y solo cabe uno a la vez. Espera a que acabe, o que lo detenga quien pueda desplegar ahí: botadura cancel { $id }
refusal-rollback-under-way = La reversión #{ $id } está en marcha. Nadie puede detenerla a medias: el entorno quedaría entre dos versiones. Para ver cómo va: botadura logs -f { $id }
refusal-too-late = Ya está decidido cómo acaba #{ $id }, así que no se puede detener. Para ver cómo va: botadura logs -f { $id }
refusal-locked = El bloqueo lo impide: { $scope }, bloqueo de { $owner } desde { $since }, { $until ->
        [unlocked] hasta que se desbloquee
       *[other] hasta { $until }
    }{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }. Puede abrirlo { $owner } (botadura unlock { $target }). En una emergencia, tómalo: botadura lock { $target } --steal
refusal-not-locked = No hay bloqueo que abrir: nada bloquea ni retiene { $scope }. Nada que hacer.
refusal-no-approval-needed = El manifiesto no pide aprobación ahí. Nada que hacer: empieza solo en cuanto se abran sus demás compuertas.
refusal-own-request = La compuerta de aprobación no acepta la de quien pidió el despliegue. Tiene que aprobarlo otra persona.
refusal-not-among = No te toca abrir esta compuerta de aprobación: tiene que aprobar alguien de { $roles }.
refusal-approved-before = Ya lo habías aprobado, y cada persona cuenta una vez. Ahora tiene que aprobar otra persona.
refusal-foreign-repository = La compuerta del repositorio está cerrada: { $application } pertenece a otro repositorio, que antes tuvo este nombre. Puede abrirla quien lleva este servidor: revisa `repository` en el archivo de esa aplicación.
refusal-cannot-plan = Esta versión no se puede desplegar: { $reason }. No se ha cambiado nada. Corrige el archivo de la aplicación y vuelve a pedirlo.
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
    } — puede dejarlo pasar { $who }: botadura unlock { $environment }
gate-lock-none = bloqueo: ninguno que estorbe
gate-lock = bloqueo de { $owner }{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    } — puede abrirlo { $who }: botadura unlock { $target }
gate-approvals-given = aprobaciones: { $given } de { $needed }
gate-approvals = aprobaciones: { $given } de { $needed } — puede aprobar { $who }: botadura approve { $id }
gate-part-given = { $roles }: { $people }
gate-part = { $roles }: { $given } de { $needed }{ $people ->
        [none] {""}
       *[other] {" "}({ $people })
    }
gate-part-anybody = cualquiera
gate-approval-expired = aprobaciones: nadie aprobó a tiempo, el plazo acabó el { $at } — puede volver a pedirlo quien pueda desplegar aquí: botadura deploy { $environment }
gate-turn-free = turno: nadie va antes
gate-turn = turno: va antes #{ $id }, que pasará solo — quien pueda desplegar aquí puede retirarlo: botadura cancel { $id }
gate-slot-free = puesto: libre
gate-slot = puesto: ahora se despliega ahí #{ $id }; después sigue este, solo
gate-opens = se abre sola el { $at }
gate-expires = se abandona si sigue cerrada el { $at }

## Relatos

beat-proposed = { $how ->
        [push] propuesto por un push de { $actor }
       *[asked] pedido por { $actor }
    }
beat-proposed-retry = { $actor } reintenta #{ $id }
beat-waits = en espera — { $gate }
beat-begun = { $steps ->
        [0] empieza: todos los pasos están ya como deben
        [one] empieza: 1 paso
       *[other] empieza: { $steps } pasos
    }
beat-begun-rollback = revierte #{ $id }: vuelve { $version }
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
ended-then-nothing = { $ended } — no se ha publicado nada, así que no se vuelve a nada

dropped-superseded = no empezará: lo releva #{ $id }, más nuevo
dropped-rejected = no empezará: lo rechazó { $by }{ $reason ->
        [none] {""}
       *[other] {" "}({ $reason })
    }
dropped-withdrawn = no empezará: lo retiró { $by }
dropped-expired = no empezará: nadie lo aprobó a tiempo
dropped-impossible = no empezará: { $reason }

outcome-succeeded = correcto
outcome-failed = falló: { $reason }
outcome-cancelled = lo detuvo { $by }
outcome-needs-human = necesita a una persona: { $reason }

headline = #{ $id } { $environment } { $version }: { $sentence }
headline-running = en marcha — { $sentence }

look = dónde mirar: { $place }
look-log = dónde mirar: botadura logs { $id }
look-lines = última salida:
remedy = qué hacer: { $remedy }
do-by-hand = qué hacer, según convenga:
do-deploy-again = qué hacer: corrígelo y haz push, o vuelve a pedirlo: botadura deploy { $environment }
do-ask-again = qué hacer: si aún hace falta, vuelve a pedirlo: botadura deploy { $environment }
do-retry = qué hacer: corrige la causa y haz push, o reintenta lo mismo: botadura retry { $id }
do-roll-back = qué hacer: para devolverlo a su sitio: botadura rollback { $environment }
do-unlock = qué hacer: push de un «revert», o vuelve a dejar entrar los push: botadura unlock { $environment }
do-unlock-human = qué hacer: cuando esté en orden: botadura unlock { $environment }

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
