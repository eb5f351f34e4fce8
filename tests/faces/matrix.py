"""Who gets through at which address. Columns: nobody adler bo pia admin carla dorn pat.

y: let through; r: sent on to another page; s: sign in first; n: your role may not; x: there is no such thing (for
you); m: no such method; d: down, because no clock ticks in a test.
Everything tried is Carla's: Dr Adler, nurse Bo and pharmacist Pia are her team, Dr Dorn is a psychiatrist of another
team, Pat another patient of hers.
"""

FORM_AGAIN = (400, 409, 422)
"""A page that shows its form again, because what was sent was empty, let the person through all the same."""

QUERIES = {"api:dose-on GET": "?day=2026-11-01", "api:drugs GET": "?q=sertraline"}
"""What an address needs after the question mark."""

TABLE = """
healthz                      GET    d d d d d d d d
healthz                      POST   d d d d d d d d
readyz                       GET    d d d d d d d d
readyz                       POST   d d d d d d d d
api:me                       GET    s y y y y y y y
api:portal                   GET    s n n n n y n y
api:patients                 GET    s y y y n n y n
api:patients                 POST   s y y n n n n n
api:search-patients          POST   s y y y n n y n
api:patient                  GET    s y y y n n x n
api:patient                  PATCH  s y y n n n x n
api:enrolments               GET    s y y y n n x n
api:enrolments               POST   s y y n n n x n
api:contact-points           GET    s y y y n n x n
api:contact-points           POST   s y y n n n x n
api:observations             GET    s y y y n n x n
api:observations             POST   s y y n n n x n
api:allergies                GET    s y y y n n x n
api:allergies                POST   s y y n n n x n
api:conditions               GET    s y y y n n x n
api:conditions               POST   s y y n n n x n
api:prescriptions            GET    s y y y n y y y
api:prescription             GET    s y y y n n x n
api:dose-on                  GET    s y y y n n x n
api:request-refill           POST   s n n n n y n x
api:proposals                GET    s y y y n y y y
api:proposals                POST   s y n n n n x n
api:proposal                 GET    s y y y n n x n
api:findings                 GET    s y y y n n x n
api:sign                     POST   s y n n n n x n
api:withdraw                 POST   s y n n n n x n
api:override                 POST   s y n n n n x n
api:side-effects             GET    s y y y n y y y
api:side-effects             POST   s y y y n y x x
api:side-effect              GET    s y y y n y x x
api:correct-side-effect      POST   s y y y n n x x
api:dispenses                GET    s y y y n y y y
api:dispenses                POST   s y y y n n x n
api:reminders                GET    s y y y n y y y
api:answer-link              POST   y y y y y y y y
api:tasks                    GET    s y y y n n y n
api:task                     GET    s y y y n n x n
api:claim-task               POST   s y y y n n x n
api:release-task             POST   s y y y n n x n
api:close-task               POST   s y y y n n x n
api:cancel-task              POST   s y y y n n x n
api:drugs                    GET    s y y y y y y y
api:check                    POST   s y y y n n y n
api:releases                 GET    s y y y y n y n
api:release                  GET    s y y y y n y n
api:preview-release          GET    s n n y y n n n
api:activate-release         POST   s n n y y n n n
api:retire-release           POST   s n n y y n n n
api:rules                    GET    s y y y y n y n
api:local-changes            GET    s y y y y n y n
api:local-changes            POST   s n n y n n n n
api:approve-local-change     POST   s y n y n n y n
api:reject-local-change      POST   s y n y n n y n
api:end-local-change         POST   s n n x n n n n
api:audit                    GET    s n n n y n n n
api:schema                   GET    y y y y y y y y
api:docs                     GET    y y y y y y y y
api:nothing-here             GET    x x x x x x x x
api:nothing-here             POST   x x x x x x x x
problems:all                 GET    y y y y y y y y
problems:one                 GET    y y y y y y y y
web:home                     GET    s y y y y r y r
web:home                     POST   s y y y y r y r
web:sign_in                  GET    y r r r r r r r
web:sign_in                  POST   y r r r r r r r
web:sign_in                  PUT    y r r r r r r r
web:sign_out                 GET    m m m m m m m m
web:sign_out                 POST   s s s s s s s s
web:language                 GET    r r r r r r r r
web:language                 POST   r r r r r r r r
web:patients                 GET    s y y y n n y n
web:patients                 POST   s y y y n n y n
web:register                 GET    s y y n n n y n
web:register                 POST   s r r n n n y n
web:chart                    GET    s y y y n n x n
web:chart                    POST   s y y y n n x n
web:update_patient           GET    s y y n n n x n
web:update_patient           POST   s r r n n n x n
web:enrol                    GET    s y y n n n x n
web:enrol                    POST   s r r n n n x n
web:contact                  GET    s y y n n n x n
web:contact                  POST   s r r n n n x n
web:new_observation          GET    s y y n n n x n
web:new_observation          POST   s r r n n n x n
web:new_allergy              GET    s y y n n n x n
web:new_allergy              POST   s r r n n n x n
web:new_condition            GET    s y y n n n x n
web:new_condition            POST   s r r n n n x n
web:start                    GET    s y n n n n x n
web:start                    POST   s y n n n n x n
web:new_side_effect          GET    s y y y n n x n
web:new_side_effect          POST   s r r r n n x n
web:course                   GET    s y y y n n x n
web:course                   POST   s y y y n n x n
web:new_dispense             GET    s y y y n n x n
web:new_dispense             POST   s r r r n n x n
web:change                   GET    s y n n n n x n
web:change                   POST   s r n n n n x n
web:review                   GET    s y y y n n x n
web:review                   POST   s y y y n n x n
web:answer                   GET    s r r r r r r r
web:answer                   POST   s r n n n n x n
web:sign                     GET    s r r r r r r r
web:sign                     POST   s r n n n n x n
web:withdraw                 GET    s r r r r r r r
web:withdraw                 POST   s r n n n n x n
web:side_effect              GET    s y y y n r x r
web:side_effect              POST   s y y y n r x r
web:correct_side_effect      GET    s y y y n n x n
web:correct_side_effect      POST   s r r r n n x n
web:worklist                 GET    s y y y n n y n
web:worklist                 POST   s y y y n n y n
web:task                     GET    s y y y n n x n
web:task                     POST   s y y y n n x n
web:claim                    GET    s r r r r r r r
web:claim                    POST   s r r r n n x n
web:release                  GET    s r r r r r r r
web:release                  POST   s r r r n n x n
web:done                     GET    s y y y n n x n
web:done                     POST   s r r r n n x n
web:cancel                   GET    s y y y n n x n
web:cancel                   POST   s r r r n n x n
web:portal                   GET    s n n n n y n y
web:portal                   POST   s n n n n y n y
web:ask_for_refill           GET    s r r r r r r r
web:ask_for_refill           POST   s n n n n r n x
web:my_side_effect           GET    s n n n n y n y
web:my_side_effect           POST   s n n n n r n r
web:my_side_effect_sent      GET    s n n n n y n y
web:my_side_effect_sent      POST   s n n n n y n y
web:reminder                 GET    y y y y y y y y
web:reminder                 POST   r r r r r r r r
web:knowledge                GET    s y y y y n y n
web:knowledge                POST   s y y y y n y n
web:switch_release           GET    s n n y y n n n
web:switch_release           POST   s n n r r n n n
web:rules                    GET    s y y y y n y n
web:rules                    POST   s y y y y n y n
web:new_rule                 GET    s n n y n n n n
web:new_rule                 POST   s n n r n n n n
web:decide_rule              GET    s r r r r r r r
web:decide_rule              POST   s r n y n n r n
web:outbox                   GET    s n n n y n n n
web:outbox                   POST   s n n n y n n n
web:audit                    GET    s n n n y n n n
web:audit                    POST   s n n n y n n n
"""
