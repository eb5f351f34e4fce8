"""What every list shows to whom. Columns: address | how its rows are known | who: the names of what is shown.

Whoever is not named in the line of a list is refused there; a line with a filter is asked for those it names. The names
are those of decoys.py. A row is known as a table (the numbers in `results`), as a table at the pattern of its link or
box, as = the length or number under a name, or as the words on the page.
"""

WITHOUT = {
    "api:card-monitoring": "tremor",
    "api:passive-pairs": "sertraline",
    "web:rules": "sertraline tramadol",
}
"""Words that the knowledge itself uses, on the pages about it."""

NOT_LISTS = """
api:current-selftest api:docs api:drugs api:knowledge-drug
api:follow-ups api:local-change api:login api:nothing-here api:preview-release
api:release api:schema healthz metrics problems:all problems:one readyz web:account web:answer web:answer_screening
web:ask_active web:ask_cosignature web:ask_factors web:ask_for_refill web:ask_passkey web:ask_password web:ask_role
web:authorise web:begin_membership web:cancel web:change web:change_password web:claim web:clear_lock web:code_allergy
web:comment web:confirm_staff_change web:correct_login web:correct_observation web:correct_side_effect web:cosign
web:count web:decide_rule web:decline web:decline_cosignature web:decline_staff_change web:dismiss_remark web:done
web:end_break_glass web:end_membership web:end_sessions web:enrol web:first_sign_in web:forget_device web:hook
web:judge_break_glass web:knowledge_drug web:knowledge_drugs
web:language web:lift_limit web:limit web:local_change web:look_into web:make_inactive
web:merge_charts web:my_side_effect web:my_side_effect_sent web:new_allergy web:new_condition web:new_dispense
web:new_encounter web:new_login web:new_observation web:new_rule web:new_side_effect web:notice web:order_monitoring
web:pin web:postpone web:reassign web:recovery_codes web:register web:release web:release_gate web:remove_factor
web:rename_team web:renewal web:revoke web:revoke_token web:second web:second_factor web:session web:set_up web:several
web:sign web:sign_in web:sign_out web:staff_change web:start web:stop_messages web:switch_release web:tell_taken
web:told web:update_patient web:void_fill web:withdraw web:withdraw_absence web:export_chart web:export_numbered
web:my_record web:restricted web:revoke_my_consent web:revoke_part2_consent web:answer_amendment web:close_account
web:close_own_account web:disagree web:extend_amendment web:new_amendment web:rebut
"""
"""Forms, acts, one thing alone, and what is the same for everybody."""

TABLE = r"""
api:patients | Patient | adler bo pia: Castillo Park | dorn: Stein
api:enrolments | Enrolment | adler bo pia: #enrolled-before #enrolled-now
api:contact-points | ContactPoint | adler bo pia: carla@mail.example
api:observations | Observation | adler bo pia: #weight-70 62.5
api:observations?observed_until=2026-05-31 | Observation | adler bo pia: #weight-70
api:observations?code=height | Observation | adler bo pia:
api:encounters | Encounter | adler bo pia: #visit
api:encounters?kind=phone | Encounter | adler bo pia:
api:import-remarks | ImportRemark | adler bo pia: currentremark
api:allergies | Allergy | adler bo pia: currentillin #mixture
api:none-known | Allergy | adler bo pia: #none-known
api:conditions | Condition | adler bo pia: currentosis
api:prescriptions | Prescription | adler bo pia: laterol patazine sertraline stoppedol tramadol withdrawnol | carla:
    laterol sertraline stoppedol | dorn: samazine | pat: patazine
api:prescriptions?patient={pat} | Prescription | adler bo pia pat: patazine | carla dorn:
api:prescriptions?patient={sam} | Prescription | adler bo pia carla pat: | dorn: samazine
api:prescriptions?rxcui=36437 | Prescription | adler bo pia carla: sertraline | dorn pat:
api:prescriptions?free_text=true | Prescription | adler bo pia: laterol patazine stoppedol withdrawnol | carla:
    laterol stoppedol | dorn: samazine | pat: patazine
api:proposals | DosageChange | adler bo pia: #laterol-start #patazine-start #sertraline-50 #sertraline-75
    #stoppedol-start #stoppedol-stop #tramadol-start #withdrawnol-start 37.5 87.5 | carla: #laterol-start
    #sertraline-50 #stoppedol-start #stoppedol-stop | dorn: #samazine-start | pat: #patazine-start
api:proposals?patient={pat} | DosageChange | adler bo pia pat: #patazine-start | carla dorn:
api:proposals?patient={sam} | DosageChange | adler bo pia carla pat: | dorn: #samazine-start
api:proposals?status=proposed | DosageChange | adler bo pia: #sertraline-75 #tramadol-start 87.5 | carla dorn pat:
api:proposals?status=withdrawn | DosageChange | adler bo pia: #withdrawnol-start 37.5 | carla dorn pat:
api:proposals?kind=stop | DosageChange | adler bo pia carla: #stoppedol-stop | dorn pat:
api:proposals?prescription={prescription_id} | DosageChange | adler bo pia: #sertraline-50 #sertraline-75 37.5 87.5 |
    carla: #sertraline-50 | dorn pat:
api:proposals?effective_from={soon} | DosageChange | adler bo pia carla: #laterol-start | dorn pat:
api:proposals?effective_until=2026-03-31 | DosageChange | adler bo pia: #patazine-start #sertraline-50
    #stoppedol-start #withdrawnol-start | carla: #sertraline-50 #stoppedol-start | dorn: #samazine-start | pat:
    #patazine-start
api:monitoring-orders | MonitoringOrder | adler bo pia: carlalab
api:selftests | SelftestRun | adler bo pia admin dorn: #selftest
api:side-effects | SideEffectReport | adler bo pia: newache patache tremor | carla: newache tremor | dorn: samache |
    pat: patache
api:side-effects?patient={pat} | SideEffectReport | adler bo pia pat: patache | carla dorn:
api:side-effects?patient={sam} | SideEffectReport | adler bo pia carla pat: | dorn: samache
api:side-effects?began_until=2026-05-10 | SideEffectReport | adler bo pia pat: patache | carla: | dorn: samache
api:dispenses | Dispense | adler bo pia: #fill patfill | carla: #fill | dorn: samfill | pat: patfill
api:dispenses?patient={pat} | Dispense | adler bo pia pat: patfill | carla dorn:
api:dispenses?patient={sam} | Dispense | adler bo pia carla pat: | dorn: samfill
api:dispenses?prescription={prescription_id} | Dispense | adler bo pia carla: #fill | dorn pat:
api:dispenses?dispensed_until=2026-03-02 | Dispense | adler bo pia pat: patfill | carla: | dorn: samfill
api:authorisations | Authorisation | adler bo pia: #paper #pat-paper #revoked | carla: #paper #revoked | dorn:
    #sam-paper | pat: #pat-paper
api:authorisations?patient={pat} | Authorisation | adler bo pia pat: #pat-paper | carla dorn:
api:authorisations?prescription={prescription_id} | Authorisation | adler bo pia carla: #paper #revoked | dorn pat:
api:reminders | Reminder | adler bo pia: #held #pat-held #planned #planned-for-another | carla: #held #planned
    #planned-for-another | dorn: #sam-held | pat: #pat-held
api:reminders?patient={pat} | Reminder | adler bo pia pat: #pat-held | carla dorn:
api:reminders?prescription={prescription_id} | Reminder | adler bo pia carla: #held #planned | dorn pat:
api:reminders?state=held | Reminder | adler bo pia: #held #pat-held | carla: #held | dorn: #sam-held | pat: #pat-held
api:reminders?kind=refill_1&state=held | Reminder | adler bo pia carla: #held | dorn pat:
api:reminders?local_date_from=2026-12-31&state=held | Reminder | adler bo pia carla: #held | dorn pat:
api:tasks | Task | adler: #knowledge_change #refill_request #review_proposal #review_proposal-2 #side_effect_review
    #side_effect_review-3 adlerlook | bo: #amendment #look patlook | pia: sitelook | dorn:
    #knowledge_change
api:tasks?whose=mine | Task | adler: #refill_request #review_proposal #review_proposal-2 #side_effect_review
    #side_effect_review-3 adlerlook | bo pia dorn:
api:tasks?whose=role | Task | adler: #knowledge_change #refill_request #review_proposal #review_proposal-2
    #side_effect_review #side_effect_review-3 adlerlook | bo: #amendment #look patlook | pia: sitelook | dorn:
    #knowledge_change
api:tasks?whose=team | Task | adler: #amendment #knowledge_change #look #refill_request #review_proposal
    #review_proposal-2 #side_effect_review #side_effect_review-3 adlerlook patlook | bo: #amendment #look
    #refill_request #review_proposal
    #review_proposal-2 #side_effect_review #side_effect_review-3 adlerlook patlook | pia: #amendment #look
    #refill_request
    #review_proposal #review_proposal-2 #side_effect_review #side_effect_review-3 adlerlook patlook sitelook | dorn:
    #knowledge_change samlook
api:tasks?late=true | Task | adler: adlerlook | bo: #look patlook | pia: sitelook | dorn:
api:tasks?state=done | Task | adler bo: closedlook patclosed | pia: closedlook patclosed siteclosed | dorn: samclosed
api:tasks?state=cancelled | Task | adler bo pia: #side_effect_review-2 cancelledlook | dorn:
api:tasks?patient={pat} | Task | adler pia dorn: | bo: patlook
api:tasks?kind=knowledge_change | Task | adler dorn: #knowledge_change | bo pia:
api:tasks?level=intensive_outpatient | Task | adler: #refill_request #review_proposal #review_proposal-2
    #side_effect_review #side_effect_review-3 adlerlook | bo: #amendment #look | pia dorn:
api:tasks?level=outpatient | Task | adler pia dorn: | bo: patlook
api:tasks?due_until=2026-06-01 | Task | adler: adlerlook | bo: #look patlook | pia: sitelook | dorn:
api:break-glass | BreakGlass | adler bo pia dorn: | olga: #over
api:amendments | AmendmentRequest | adler bo pia: #asked patwrong | carla: #asked | dorn: samwrong | pat: patwrong
    | olga: #asked leftwrong patwrong samwrong
api:amendments?patient={pat} | AmendmentRequest | adler bo pia pat olga: patwrong | carla dorn:
api:amendments?entry_kind=prescription | AmendmentRequest | adler bo pia carla olga: #asked | dorn pat:
api:amendments?waits=false | AmendmentRequest | adler bo pia carla dorn pat olga:
api:part2-consents | Part2Consent | adler bo pia: | carla: #part2
api:disclosures | Disclosure | carla olga: #shown | pat:
api:absences | Absence | adler bo pia admin dorn: #away-later
api:releases | Release | adler bo pia admin dorn: #used idlesource
api:releases?status=active | Release | adler bo pia admin dorn: #used
api:rules | Rule | adler bo pia admin dorn: #shipped
api:local-changes | LocalChange | adler bo pia admin dorn: #proposed rejectedreason
api:local-changes?state=rejected | LocalChange | adler bo pia admin dorn: rejectedreason
api:rescreenings | RescreenRun | adler bo pia admin dorn: #first #second
api:logins | User | admin: #adler #admin #bo #carla #dorn #elsewhere #nora #olga #otto #pat #pia
api:logins?role=pharmacist | User | admin: #pia
api:logins?active=false | User | admin:
api:memberships | CareTeamMember | admin: #adler-harbor #bo-harbor #bo-hillside #dorn-hillside #otto-annex
    #pia-harbor
api:memberships?user={user_id} | CareTeamMember | admin:
api:memberships?team={team_id} | CareTeamMember | admin: #otto-annex
api:teams | CareTeam | admin: #annex #harbor #hillside #lighthouse
api:staff-changes | StaffChange | adler pia admin dorn: #waits declinedwhy
api:staff-changes?state=waiting | StaffChange | adler pia admin dorn: #waits
api:staff-changes?user={user_id} | StaffChange | adler pia admin dorn: declinedwhy
api:my-sessions | OpenSession | bo: #ward-tablet | adler pia admin carla dorn pat olga:
api:audit | AuditEntry | admin olga: #Castillo #Castillo+Leftfield+Park+Stein #Castillo+Park #Park #Stein
    #nobody
api:audit-of | AuditEntry | admin: #Castillo #Castillo+Leftfield+Park+Stein #Castillo+Park
api:audit-of | words | admin:
api:own-looks | AuditEntry | carla: #Castillo #Castillo+Leftfield+Park+Stein #Castillo+Park | pat:
    #Castillo+Leftfield+Park+Stein #Castillo+Park #Park
api:own-looks | words | carla: | pat:
api:me | CareTeam at "id":(\d+),"name" | adler bo pia: #harbor | admin carla pat olga: | dorn: #hillside
api:portal | words | carla: Castillo newache sertraline tremor | pat: Park patache patazine
api:patient | words | adler bo pia: 62.5 87.5 Castillo adlerlook currentillin currentosis laterol newache sertraline
    stoppedol tramadol tremor
api:messages | words | adler bo carla: Exkin Mara carla@mail.example laterol sertraline
api:screening | words | adler bo pia:
api:screening | =cards | adler bo pia: 0
api:prescription | words | adler bo pia: 37.5 87.5 sertraline
api:dose-on?day=2026-11-01 | words | adler bo pia:
api:proposal | words | adler bo pia: sertraline
api:findings | words | adler bo pia:
api:cosignature | words | adler bo pia:
api:card-monitoring | words | adler bo pia:
api:card-monitoring | =results | adler bo pia: 3
api:side-effect | words | adler bo pia carla: sertraline tremor
api:adherence | words | adler bo pia carla: sertraline stoppedol
api:renewals | words | adler bo pia: sertraline | dorn:
api:renewals | =others | adler bo pia: 1 | dorn: 0
api:renewals | =plain | adler bo pia dorn: 0
api:renewal | words | adler bo pia: sertraline
api:task | words | adler bo pia:
api:task-comments | words | adler bo pia: commentword
api:late-tasks | words | adler bo pia admin dorn:
api:late-tasks | =late | adler bo pia: 4 | admin: 6 | dorn: 2
api:alerts | words | adler pia admin dorn:
api:alert-feedback | words | adler pia admin dorn:
api:alert-feedback | =results | adler pia admin dorn: 1
api:passive-pairs | words | adler bo pia admin dorn:
api:task-counts | =open | adler: 7 | bo: 3 | pia dorn: 1
api:task-counts | =mine | adler: 6 | bo pia dorn: 0
api:task-counts | =late | adler pia: 1 | bo: 2 | dorn: 0
web:home | words | adler: 87.5 Castillo adlerlook newache sertraline tramadol tremor | bo: 87.5 Castillo Park patlook
    sertraline tramadol | pia: 87.5 Castillo sertraline sitelook tramadol | admin: Sentfirst Sentsecond | dorn:
web:home | Task at id="task-(\d+)" | adler: #knowledge_change #refill_request #review_proposal #review_proposal-2
    #side_effect_review #side_effect_review-3 adlerlook | bo: #amendment #look patlook | pia: sitelook | admin: | dorn:
    #knowledge_change
web:patients | words | adler bo pia: Castillo Park | dorn: Stein
web:patients | Patient at href="/patients/(\d+)/" | adler bo pia: Castillo Park | dorn: Stein
web:chart | words | adler bo pia: 62.5 87.5 Castillo adlerlook currentillin currentosis currentremark laterol newache
    sertraline stoppedol tramadol tremor
web:chart | Prescription at href="/prescriptions/(\d+)/" | adler bo pia: laterol sertraline stoppedol
web:chart | Task at href="/tasks/(\d+)/ | adler bo pia: #amendment #look #refill_request #review_proposal
    #review_proposal-2
    #side_effect_review #side_effect_review-3 adlerlook
web:chart | DosageChange at href="/changes/(\d+)/" | adler bo pia: #sertraline-75 #tramadol-start 87.5
web:chart | SideEffectReport at href="/side-effects/(\d+)/" | adler bo pia: newache tremor
web:messages | words | adler bo: Castillo Exkin Mara carla@mail.example currentillin laterol sertraline
web:contact | words | adler bo: Castillo carla@mail.example currentillin
web:screening | words | adler bo pia: Castillo currentillin
web:course | words | adler bo pia: 37.5 87.5 Castillo currentillin sertraline
web:supply | words | adler bo pia: Castillo currentillin sertraline
web:renewals | words | adler bo pia: Castillo sertraline | dorn:
web:renewals | Prescription at /prescriptions/(\d+)/renewal/ | adler bo pia: sertraline | dorn:
web:adherence | words | adler bo pia: Castillo currentillin sertraline stoppedol
web:review | words | adler bo pia: Castillo currentillin sertraline
web:side_effect | words | adler bo pia: Castillo currentillin sertraline tremor
web:worklist | words | adler: Castillo adlerlook newache sertraline tremor | bo: Castillo Park patlook | pia: sitelook
    | dorn:
web:worklist?whose=mine | words | adler: Castillo adlerlook newache sertraline tremor | bo pia dorn:
web:worklist?whose=role | words | adler: Castillo adlerlook newache sertraline tremor | bo: Castillo Park patlook |
    pia: sitelook | dorn:
web:worklist?whose=team | words | adler bo: Castillo Park adlerlook newache patlook sertraline tremor | pia: Castillo
    Park adlerlook newache patlook sertraline sitelook tremor | dorn: Stein samlook
web:worklist?state=done | words | adler bo: Castillo Park closedlook patclosed
    | pia: Castillo Park closedlook patclosed siteclosed | dorn: Stein samclosed
web:worklist?state=cancelled | words | adler bo pia: Castillo cancelledlook oldache | dorn:
web:worklist | Task at id="task-(\d+)" | adler: #knowledge_change #refill_request #review_proposal #review_proposal-2
    #side_effect_review #side_effect_review-3 adlerlook | bo: #amendment #look patlook | pia: sitelook | dorn:
    #knowledge_change
web:worklist?late=1 | Task at id="task-(\d+)" | adler: adlerlook | bo: #look patlook | pia: sitelook | dorn:
web:worklist?patient={pat}&whose=team | Task at id="task-(\d+)" | adler bo pia: patlook | dorn:
web:worklist?kind=knowledge_change | Task at id="task-(\d+)" | adler dorn: #knowledge_change | bo pia:
web:worklist?level=outpatient | Task at id="task-(\d+)" | adler pia dorn: | bo: patlook
web:task | words | adler bo pia: Castillo commentword
api:tokens | Token | bo: revokedword tokenword | adler pia admin dorn:
web:tokens | words | bo: revokedword tokenword | adler pia admin dorn:
web:tokens | Token at /tokens/(\d+)/revoke/ | bo: tokenword | adler pia admin dorn:
web:late | words | adler bo pia admin dorn:
web:cover | words | adler bo pia admin dorn:
web:cover | Absence at /cover/(\d+)/withdraw/ | adler admin: #away-later | bo pia dorn:
web:portal | words | carla: newache sertraline tremor | pat: patache patazine
web:portal | Prescription at /medicines/(\d+)/taken/ | carla: sertraline | pat: patazine
web:my_messages | words | carla: Exkin Mara carla@mail.example laterol sertraline | pat: pat@post.example patkin
web:reminder | words | nobody adler bo pia admin carla dorn pat olga:
web:calendar | words | nobody adler bo pia admin carla dorn pat olga:
web:knowledge | words | adler bo pia admin dorn: idlesource
web:knowledge | Release at /knowledge/(\d+)/ | adler bo dorn: | pia: #used idlesource | admin: idlesource
web:rules | words | adler bo pia admin dorn: rejectedreason
web:rules | LocalChange at /knowledge/rules/(\d+)/ | adler bo pia admin dorn: #proposed rejectedreason
web:staff | User at /staff/(\d+)/ | admin: #adler #admin #bo #dorn #elsewhere #nora #olga #otto #pia
web:staff?role=pharmacist | User at /staff/(\d+)/ | admin: #pia
web:staff?use=out | User at /staff/(\d+)/ | admin:
web:staff | words | admin:
web:teams | CareTeam at /staff/teams/(\d+)/ | admin: #annex #harbor #hillside #lighthouse
web:login | StaffChange at /staff/changes/(\d+)/ | admin: declinedwhy
web:login | CareTeamMember at /staff/memberships/(\d+)/ | admin:
web:staff_changes | StaffChange at /staff/changes/(\d+)/ | adler pia admin dorn: #waits
web:staff_changes?state=declined | words | adler pia admin dorn: declinedwhy
web:selftest | words | adler bo pia admin dorn:
web:alerts | words | adler pia admin dorn:
web:export_alerts | words | adler pia admin dorn:
web:export_feedback | words | adler pia admin dorn:
web:delivery | words | admin:
web:delivery | Reminder at name="messages" value="(\d+)" | admin: #held #left-held #pat-held #sam-held
web:held | words | adler bo pia: Castillo
web:held | Reminder at name="messages" value="(\d+)" | adler bo pia: #held
web:outbox | words | admin: Sentfirst Sentsecond
web:audit | words | admin olga:
web:audit_of | words | admin:
web:export_audit | words | admin:
web:who_looked | words | carla pat:
web:break_glass | words | adler bo pia dorn:
web:openings | words | olga: Castillo
web:disclosures | words | carla olga: Castillo | pat:
web:amendments | words | olga: Castillo Leftfield Park Stein
web:amendments | AmendmentRequest at href="/amendments/(\d+)/" | olga: #asked leftwrong patwrong samwrong
web:amendment | words | adler bo pia olga: Castillo sertraline
web:my_amendments | words | carla: 62.5 abatedosis currentillin currentosis laterol newache refutedillin sertraline
    stoppedol tremor | pat: 90.25 patache patazine patillin patosis patwrong
web:my_amendment | words | carla: sertraline
web:programmes | words | admin:
"""
