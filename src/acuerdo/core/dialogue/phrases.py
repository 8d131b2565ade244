"""Phrases that the dialogue itself listens for, beside what the reading says of a message."""

from __future__ import annotations

import re


def phrases(*parts: str) -> re.Pattern[str]:
    """One pattern of several, any of which may be found in words that are in small letters, as `Turn.low` is."""
    return re.compile("|".join(parts))


def words(*listed: str) -> re.Pattern[str]:
    """Any of these words, given in lists separated by blanks, each whole."""
    return re.compile(rf"\b(?:{'|'.join(' '.join(listed).split())})\b(?![.-]?\d)|[,:;#¿?¡!()]", re.IGNORECASE)


# What people write around a document; with it taken away, nothing but the document may be left.
AROUND_IDENTITY = words(
    r"mi mis el la los las es son de en y soy yo s[ií] hola buenas buenos d[ií]as tardes noches ok dale listo claro",
    r"termina terminan terminado [uú]ltimos [uú]ltimas cuatro 4 d[ií]gitos n[uú]meros? n[uú]m nro caracteres documento",
    r"c[eé]dula dni nie rut run curp rfc cuit cuil ruc nit ine carnet identidad identificaci[oó]n cc ci c\.c\.?",
    r"aqu[ií] d\.n\.i\.? ah[ií] est[aá]n? te le lo va ser[ií]a por favor porfa gracias a ver con terminaci[oó]n",
    r"señor señorita perd[oó]n disculpe disculpa ya bueno vale bien pues tome toma tenga anote anota acaba acaban a",
    r"ah+ eh+ uy+ ups m+ h+m+ oye oiga mira mire vea po pe che digo quise decir era equivoqu[eé] corrijo pero entonces",
    r"mejor",
)
# Who writes says to be the person sought; {name} is their first name.
SELF = (
    r"(?<!no )\bsoy (?:yo|(?:el|la) titular|{name})\b|\b(?:habla|aqu[ií]) {name}\b"
    r"|\b{name} (?:aqu[ií]|ac[aá]|al habla|al tel[eé]fono)\b"
    r"|\bmi (?:documento|c[eé]dula|dni|nie|rut|curp|rfc|carnet)\b"
)
SOMEBODY = phrases(
    r"\b(?:soy|habla|contesta|le habla) (?:su|la|el|un|una)\b",
    r"\bno (?:est[aá]|se encuentra|vive|puede atender)\b",
    r"\bmi (?:espos|mam|pap)",
)
ADDRESS = phrases(
    r"\b(?:calle|cll|cra|kra|carrera|avenida|avda|av|jir[oó]n|jr|pasaje|psje|transversal|diagonal|camino|plaza|paseo"
    r"|manzana|mz|colonia)\b\.?.*\d.*"
)
RECEIPT = phrases(
    r"\b(?:tengo|aqu[ií]|ah[ií]|adjunto|mand[eéo]|env[ií][eéo]|(?:te|le|les|os) (?:paso|mando|env[ií]o)|guard[eé])\b.*"
    r"(?:boleta|recibo|comprobante|voucher|ticket|factura|justificante|constancia|captura|foto|colilla"
    r"|pantallazo|tirilla|bou?cher|baucher)",
)
# "¿Cómo lo mando?", "¿a dónde lo envío?"
SENDS = phrases(r"\b(?:c[oó]mo|a?d[oó]nde|(?:se|te|os) l[oa]s?) (?:(?:l[eoa]s?|te|se|os) )*(?:mand|env[ií]|pas|sub)\w+")
# A paper that is to be sent, and none that is pointed at: "mirad los extractos".
WANTS_SENT = phrases(r"\b(?:m[aá]nd|env[ií]|p[aá]s[ae]|quier|quisier|necesit|ocup|pued|d[eé]n?me|dadme|dame)")
WANTS_WAY = phrases(
    r"\b(?:p[aá]s[aá]|m[aá]nd|env[ií]|d[aá]me|d[eé]me|dejame)\w*\b.{0,15}"
    r"\b(?:cbu|cvu|alias|clabe|iban|cuenta|link|liga|enlace|qr|c[oó]digo|referencia)\b",
    r"\b(?:a|en) (?:qu[eé]|q|cu[aá]l) cuenta\b.{0,15}\b(?:deposit|transf|pag|ingres)",
)
ASKS_FIRST = phrases(r"\b(?:primer|pr[oó]xim|emp[ei]ez|empez|arranc|comi?en[cz]|inici|ser[ií]a|pagar[ií]a|caer[ií]a)")
ASKS_NEXT = phrases(
    r"\b(?:y ahora|ahora|entonces)? ?(?:qu[eé]|q|k) (?:hago|sigue|tengo que hacer|debo hacer|hay que hacer|se hace)\b",
    r"\by ahora (?:qu[eé]|q)\b", r"\bpasos? a seguir\b",
)  # fmt: skip
ASKS_WHY = phrases(
    r"\b(?:para (?:qu[eé]|q)|por (?:qu[eé]|q)|porqu[eé]|pa (?:qu[eé]|q)|con qu[eé] fin|es seguro"
    r"|no (?:te|se|le|les|os)(?: l[oa]s?)? (?:doy|voy a dar|pienso dar))\b"
)
REFUSES_DOCUMENT = phrases(
    r"\bno (?:(?:te|se|le|les|os|lo|la|los|las) ?)*(?:(?:voy|vamos) a|pienso|quiero) "
    r"(?:dar|mandar|decir|met|pon|escrib|ingres|entreg|pas)\w*"
)
WHOSE_DOCUMENT = phrases(r"\b(?:dni|c[eé]dula|documento|curp|rfc|rut|nie|carnet|ine|datos)\b")
# The number is somebody else's now.
PASSED_ON = phrases(
    r"\b(?:este|ese|el|esta|esa|la) (?:n[uú]mero|celular|tel[eé]fono|cel|chip|l[ií]nea)\b.{0,14}"
    r"\b(?:es m[ií][oa]|lo tengo yo)",
    r"\b[eé]l(?:la)? .{0,40}\bya no (?:usa|ocupa|tiene) (?:este|ese)\b",
)
# Does not know us, which is not to be somebody else.
US_UNKNOWN = phrases(
    r"\b(?:ustedes|uds?|usted|su (?:empresa|banco))\b.{0,12}\bn[oi] (?:l[oa]s? )?(?:conozco|ubico)",
    r"\b(?:cu[aá]l|qu[eé]) (?:deuda|cr[eé]dito|pr[eé]stamo|cuenta)\b",
)
FORGOT = phrases(
    r"\bno (?:(?:me|l[oa]|se|ten(?:go|emos)|traigo) )*(?:acuerdo|recuerdo|s[eé]|tengo|traigo|encuentro)\b.{0,30}"
    r"\b(?:dni|c[eé]dula|documento|curp|rfc|rut|nie|carnet|ine)\b",
    r"\b(?:dni|c[eé]dula|documento|curp|rfc|rut|nie|carnet|ine)\b.{0,15}\bno (?:me |l[oa] )?"
    r"(?:acuerdo|recuerdo|s[eé]|tengo|traigo)\b",
    r"\bno (?:l[oa] )(?:tengo|traigo) (?:aqu[ií]|ac[aá]|a (?:la )?mano|encima|conmigo)\b",
)  # fmt: skip
DATA_RIGHTS = phrases(
    r"\barco\b", r"\bhabeas data\b", r"\brgpd\b", r"\blopd", r"protecci[oó]n de datos", r"\bmis datos\b",
    r"\bderechos? (?:de|al?) (?:acceso|rectificaci|supresi|cancelaci|oposici|olvido)",
)  # fmt: skip
MOVED = phrases(r"\bno (?:vive|trabaja)(?: m[aá]s)? (?:aqu[ií]|ac[aá]|en est[ae])")
IS_OUT = phrases(
    r"^\W*(?:\w+ ){0,4}no (?:est[aá]|se encuentra)(?: ahora\w*| aqu[ií]| ac[aá]| en casa)*\s*(?:$|[,.;?]| qui[eé]n)"
)
# Plain words of who was taken for somebody else.
NOT_ME = phrases(
    r"\bno (?:soy|me llamo|es mi (?:nombre|n[uú]mero))\b", r"equivoc", r"confund", r"err[oó]ne", r"errad",
    r"\bno (?:lo |la |le )?(?:conozco|vive|trabaja)\b", r"no s[eé] qui[eé]n es", r"otra persona",
    r"nadie (?:con ese|que se llam)",
    r"no (?:existe|hay) (?:nadie|ning)", r"yo no soy", r"no corresponde", r"antes era", r"due[ñn]o",
)  # fmt: skip
_FIRST = r"^\W*(?:(?:ok|ya|bueno|oiga|oye|oe|uy|ah|a ver|por ?fa(?:vor)?)\W+)*"
_NO_TERM = r"(?!.*\b(?:pag|abon|cuot|plazo))"
_PAUSES = (
    _FIRST + r"(?:esp[eé]r\w*|agu[aá]nt\w*|un|una?|deme|dame|me d[ae]s?|d[eé]nme|dadme|perm[ií]t\w*) (?:un |una )?"
    r"(?:moment\w*|minut\w*|rat(?:o|ito)|seg(?:s|undo|undito|undico)?|toque|tantito|cachito|poco|poquito)\b" + _NO_TERM,
    _FIRST + r"(?:esp[eé]r|agu[aá]nt)(?:[eao]|en|[ea]me|enme|ate|ese|es?melo)\W*(?:$|(?:que )?"
    r"(?:me (?:llam|habl|est[aá]n)|ya |le |lo |la |voy|tocan|llaman|estoy|toy|reviso|miro|busco|veo)" + _NO_TERM + ")",
    r"^\W*(?:ya|ahorita|ahora|al rato) (?:vuelvo|regreso|vengo)\b",
)
# Asks to wait a moment, now.
PAUSE = phrases(*_PAUSES)
CARE_WORDS = phrases(
    r"\b(?:enferm|hospital|cl[ií]nic|internad|ingresad|urgenci|uti\b|uci\b|oper(?:ar|aron|aci[oó]n)|cirug|quimio"
    r"|c[aá]ncer|tumor|muri[oóe]|muert|morir|muriendo|falleci|velando|velorio|funeral|luto|duelo|viud|perd[ií] a"
    r"|se me fue|grave|diagn[oó]stic|depre|ansiedad|p[aá]nico|psiqui|psic[oó]l|terapia|suicid|no aguanto"
    r"|no puedo m[aá]s|vivir|peg[aó]\b|golpe|mata\b|matar"
    r"|maltrat|violen|violaci|protecci[oó]n|alejamiento|amenaz|refugio|discapac|di[aá]lisis|embaraz|beb[eé]|llor)",
)
WHAT_IF = phrases(
    r"\bsi (?:no|lo|la|fallo|dejo|sigo|me paso|me olvid|incumpl|pago (?:tarde|despu[eé]s|un d[ií]a))",
    r"\b(?:qu[eé]|q|k) (?:me )?(?:pasa|sucede|ocurre|hacen|puede|har[ií]an|hay si)",
    r"embarg|demand|juici|juzgad|c[aá]rcel|\bpres[oa]\b|bur[oó]|datacr|dicom|infocorp|equifax|veraz|asnef|moros|central"
    r"|report|abogad|consecuenc|atras|demor|retras|judicial|legal|denunci|polic|fichero|historial|puntaje|score",
    r"\bme (?:van|vais|vas|va|pueden|puede|pod[eé]is|podr[ií]an)\b",
    r"\b(?:casa|sueldo|n[oó]mina|carro|coche|auto|quit|sac|perd|bloque)",
    r"\b(?:recargo|multa|penal|sub(?:e|ir|iendo)|crec|aument)", r"\bdespu[eé]s qu[eé]\b",
)  # fmt: skip
ASKS_INTEREST = phrases(r"(?:cobr|llev|paga|hay|tiene|con|sin|genera|sum)\w*\b.{0,20}\binter[eé]s(?:es)?\b[^.!]*\?")
# Wants time to think before answering.
THINKS = phrases(
    r"\b(?:lo|la|d[eé]j[ea](?:me|nme)?|voy a|tengo que|quiero|me lo|m[eé]) (?:charlo|converso|hablo|consulto|veo|pienso"
    r"|analizo|reviso|pensarlo|charlarlo|hablarlo|verlo|consultarlo|platico|platicarlo|checo|checarlo"
    r"|comento|comentarlo|lo pienso|lo consulto|consultar|preguntarle|preguntar|pensar)\b",
    r"\bya (?:te|le|les|os) (?:dir[eé]|avisar[eé]|contar[eé]|digo|aviso|cuento)\b",
    r"\b(?:te|le|les|os) (?:digo|aviso|confirmo|cuento) (?:luego|despu[eé]s|m[aá]s tarde|ma[ñn]ana)?\W*$",
    r"\b(?:le|lo|la|les) (?:pregunto|consulto|comento|converso|charlo|platico) (?:a|con) ",
    *_PAUSES,
)  # fmt: skip
WILL_NOT = phrases(
    r"\bno (?:(?:te|se|le|les|os|lo|la) ?)*(?:pago|doy|voy a (?:pagar|dar)|pienso (?:pagar|dar)|pagar[eé]|dar[eé]) "
    r"(?:nada|ni (?:un|una|medio))\b",
    r"\bno (?:(?:te|se|le|les|os|lo|la) ?)*(?:voy a|vamos a|pienso|quiero) (?:pagar|cancelar)(?:l[oae]s?)?\W*$",
    r"\b(?:ni loc[oa]|jam[aá]s) (?:(?:te|se|le|les|os|lo|la) ?)*(?:pago|voy a pagar)\b",
)
WILL_PAY = phrases(
    r"(?<!no )\b(?:puedo|podr[ií]a|voy a|alcanzo a) (?:pag|deposit|abon|cancel|consign|transfer|cubr|liquid)[aei]r",
    r"(?<!no )\b(?:cobro|me (?:pagan|depositan|consignan))\b",
    r"(?<!no )\b(?:(?:les?|te|os) |se l[oae]s? )?(?:pago|deposito|abono|transfiero|liquido|cancelo|cubro|pagamos"
    r"|(?:pag|deposit|abon|cancel|transferi)ar[eé])\b",
)
PAID = phrases(
    r"\b(?:pagu[eé]|cancel[eé]|deposit[eé]|transfer[ií]|consign[eé]|abon[eé]|liquid[eé]|hice|pagad[oa]|hech[oa])",
    r"\bya (?:est[aá]|qued[oó]|lo (?:hice|he))",
)
NOT_UNTIL = phrases(
    r"\bno (?:(?:te|se|les?|os|l[oa]s?) ?)*(?:voy a pagar|pago|pienso pagar|pagar[eé]|vamos a pagar)\b.{0,12}"
    r"\b(?:hasta|mientras)\b"
)
# "No puedo dar nada, ni en partes" wants no plan.
CANNOT = phrases(
    r"\bno (?:(?:te|se|les?|os|l[oa]s?) )?(?:puedo|podr[ií]a|voy a poder|tengo (?:c[oó]mo|con qu[eé]|para|pa))"
    r" (?:\w+ )?(?:pagar|dar|abonar|poner|cubrir|ofrecer)\w*(?: \w+){0,2} (?:nada|ni)\b",
    r"\bno tengo (?:ni )?(?:c[oó]mo|con qu[eé]) pagar",
)
# A question about something else, whatever day it names: "qué clima hace hoy".
WONDERS = phrases(
    r"^\W*(?:y )?(?:q|k|qu[eé]|c[oó]mo|qui[eé]n|d[oó]nde|cu[aá]l)\b(?! tal)"
    r"(?!.*\b(?:pag|abon|cuot|plazo|doy|dej|primer|sea\b))"
)
# What was lent or owed once is no offer: "yo pedí 300".
LENT = phrases(
    r"\b(?:ped[ií]|saqu[eé]|me prestaron|me dieron|solicit[eé]|deb[ií]a)\W+(?:\w+ ){0,2}?(?:\$|s/\.?)? ?(?:\d|un mill)"
)
# The least they would have to pay.
LEAST = phrases(r"\blo (?:m[ií]nimo|menos|[uú]ltimo|m[aá]s bajo|menor)\b")
# Asks who attends to it, not who writes.
WHO_ATTENDS = phrases(
    r"\bcon qui[eé]n (?:lo )?(?:veo|vemos)\b",
    r"\bcon qui[eé]n (?:puedo |tengo que |debo |podr[ií]a |me toca )*(?:habl|convers|trat|arregl|negoci|lo v|lo habl)"
    r".*\b(?:entonces|para|eso|esto|all[aá])\b",
)
# Wants to be told it in other words.
ASKS_EXPLANATION = phrases(r"\bexpl[ií]")
A_MACHINE = phrases(r"\b(?:robots?|bots?|m[aá]quinas?|contestador\w*)\b")
AT_NIGHT = phrases(
    r"\bme (?:escrib|llam|marc|mand|busc|contact)[ea]n\b(?! ma[ñn]ana)"
    r".*\b(?:de la noche|de noche|madrugada|a toda hora|los domingos)"
)
# Whether a machine writes, asked or hoped against.
IF_BOT = phrases(
    r"\b(?:que|eres|sos|ser[aá]s?|es usted|usted es|sois|hablo con|hablando con|acaso) (?:es |eres |sos )?"
    r"(?:con )?(?:un |una |otra |otro )?(?:robot|bot|m[aá]quina|contestador\w*|ia)\b"
)
# A loss of somebody else's, where the debtor is known; and the debtor's own, told all the same.
RELATIVE = phrases(
    r"\bmis? (?:espos|marid|mujer|se[nñ]ora|hij|mam|pap|madre|padre|herman|abuel|parej|novi|t[ií][oa]s?\b|suegr|nuer"
    r"|yern|cu[nñ]ad|viej|guagua|beb[eé]|niet|sobrin|prim|compa[nñ]er)"
)
OWN_LIFE = phrases(
    r"\b(?:estoy|ando|tengo|qued[eé]|era (?:el|la|quien)|perd[ií]|no (?:puedo|tengo|s[eé])|s[oó]l[oa]"
    r"|me (?:siento|dej[oó]|qued|ayuda|manten|est[aá]))"
)
THE_DEBTOR = phrases(
    r"\b(?:titular|deudor|due[ñn]\w+ de la (?:deuda|cuenta|tarjeta)|a quien (?:busca|llama|escrib)"
    r"|su (?:deuda|cr[eé]dito|cuenta)|a nombre de)"
)
# Wants to settle it, and names no way: "quiero negociar", "¿podemos llegar a un acuerdo?".
ARRANGE = phrases(
    r"\b(?:quier[oa]|quisiera|deseo|necesito|me gustar[ií]a|me interesa|pod[eo]mos|podr[ií]a(?:mos)?|puedo"
    r"|hago para|hacemos para|c[oó]mo|vamos a|busco|a ver si|ayud\w+ a) (?:\w+ ){0,2}?"
    r"(?:(?:arregl|negoci|solucion|regulariz|concili|resolv)\w*|poner(?:me|nos) al (?:d[ií]a|corriente)"
    r"|(?:llegar a |hacer )?(?:un|una|alg[uú]n|alguna) (?:acuerdo|arreglo|convenio|trato|soluci[oó]n))"
    r"(?:\W*$|\W+(?:esto|eso|lo m[ií]o|(?:de|por|a|para|con) |ya\b|hoy\b|pero\b|y\b|porque|xq|pq"
    r"|(?:mi|la|esta|esa|el|lo) (?:deud|cuent|situaci|pag|sald|pendient|cr[eé]dit|tarjet|pr[eé]stam|atras|que debo)))",
    r"\b(?:qu[eé]|q|cu[aá]les) (?:otras? |son las )?(?:alternativas?|opciones|facilidades|salidas|planes)\b",
    r"\b(?:qu[eé]|q|k) (?:me|nos) (?:ofrec|propon)\w*\W*$",
    r"^\W*(?:y )?c[oó]mo (?:hacemos|le hacemos|arreglamos|podemos (?:hacer|quedar))\W*$",
    r"\b(?:hay|tienen|manejan|aceptan) (?:alg[uú]n(?:os)? )?(?:convenios?|acuerdos?|arreglos?)\b.*\?",
)
# A question, with its mark or without one.
ASKS = phrases(
    r"\?",
    r"^\W*(?:(?:y|ya|pero|bueno|ok|oiga|oye|a ver)\W+)*(?:(?:pa|para|desde|hasta) )?"
    r"(?:cu[aá]ndo|qu[eé] d[ií]a|cu[aá]nt)\b",
)
CALLS = phrases(r"\bll[aá]m", r"\bmarqu", r"\bm[aá]rca", r"\bcontact", r"\bescr[ií]b", r"\bhabl")
# Said of what was on the table before the last proposal.
OTHER = phrases(r"\b(?:el|la) (?:otr[oa]|anterior|de antes)\W*$", r"\bvolvamos al? (?:otr[oa]|anterior)")
HARSH = phrases(
    r"\bacos", r"hostig", r"\bqueja", r"\b\d+ veces\b", r"a (?:la|mi) (?:oficina|trabajo|familia|madre|mam[aá])",
    r"todos? (?:los|el|santo) d[ií]as?", r"a cada rato", r"de noche|de madrugada", r"amenaz",
    r"falta de respeto",
)  # fmt: skip
# Said of what is on the table, it is a no.
TOO_MUCH = phrases(
    r"\bmuch[oa]s?\b", r"\bmuy (?:car[oa]|alt[oa]|elevad[oa])", r"demasiad[oa]", r"car[oa]\b", r"imposible",
    r"no (?:me )?(?:alcanza|sirve|conviene|cuadra)", r"no alcanzo", r"no llego", r"otra cosa", r"poco m[aá]s",
    r"algo m[aá]s (?:bajo|barato|c[oó]modo)", r"mejor oferta", r"menos",
)  # fmt: skip
# An amount that would close the debt, one that would not, and one that each payment may be.
SETTLE = phrases(
    r"en paz", r"cerra[rm]", r"cierr", r"liquid", r"finiquit", r"sald[ao]r", r"saldad", r"por todo", r"quedamos",
    r"cuenta nueva", r"y ya est[aá]", r"a mano", r"cancel\w* todo", r"y listo",
)  # fmt: skip
PART = phrases(r"\babon", r"por ahora", r"por el momento", r"a cuenta", r"mientras", r"adelant", r"una parte", r"algo")
# The rest of what is paid in two goes, and an amount that is taken off.
REST = phrases(
    r"\bel resto\b",
    r"\blo (?:dem[aá]s|otro)\b",
    r"\bl[oa]s? otr[oa]s? (?:mitad|parte|\d)",
    r"\by la otra\b",
    r"\blo que (?:falta|queda|resta)\b",
)
OFF = phrases(r"\s*(?:pesos|soles|euros)? ?(?:de|menos de)? ?(?:descuento|rebaja|quita|menos)\b")
# "No tengo todo": not all at once.
NOT_ALL = phrases(
    r"\bno (?:\w+ ){0,4}(?:tod[oa]|complet[oa]|el total|la totalidad)\b(?! (?:lo|los|las|el|la|esto|eso)\b)",
    r"\b(?:todo|completo|el total)(?: junto| de una| de golpe)? no\b",
)
# All at once, and not in parts.
WHOLE = phrases(
    r"\b(?:pag|cancel|liquid|sald)\w* (?:l[oa] )?(?:tod[oai]\w*|complet\w|el total|enter[oa]|la totalidad)\b"
    r"(?!.*\b(?:cuot|part|plazo|pagos|mes|quincen|seman))"
)
EACH = phrases(
    r"\bcada\b", r"mensual", r"al mes", r"por mes", r"quincenal", r"semanal", r"por quincena", r"por semana", r"c/u"
)
DISCOUNT = phrases(r"(?<!sin )\b(?:descuento|rebaja|quita|dcto|dsto)\b")
# A yes that may say the terms again, and changes none of them.
AGREES = phrases(
    r"^(?!.*(?:\?|\bno\b|\bpero\b|\bcu[aá]nt|\bsi (?:pago|son|fuera|me|le|lo|es)\b))\W*"
    r"(?:(?:s[ií]+p?|ya|dale|listo|ok(?:ey|a|i)?|va(?:le)?|claro|bueno|acepto|de acuerdo|h[aá]gale|de una|perfecto"
    r"|est[aá] bien|conforme|correcto|eso|exacto|sale|[oó]rale)\b"
    r"|.*\b(?:s[ií]|est[aá] bien|acepto|conforme|de acuerdo|me sirve|me parece(?: bien)?|perfecto|dale|listo)\W*$)"
)
# What was offered before, pointed at: "el descuento que me dijo".
AS_SAID = phrases(
    r"\b(?:que|lo que) (?:me |nos )?(?:dij|ofrec|diste\b|dio\b|propus|mencion|pus)"
    r"(?!.*\b(?:m[aá]s|menos|otr[oa])\b)"
)
LOWER = phrases(r"\bb[aá]j[ae]", r"\brebaj", r"\bdescuent", r"\bd[eé]j[ea]\w* (?:en|a)\b", r"\bcondon", r"\bquit")
NEGATED = phrases(r"\bno\b", r"perd[oó]n", r",? (?:o sea|digo),? ")
BARE_COUNT = phrases(
    r"\ben (\d{1,2}|dos|tres|cuatro|cinco|seis)(?: veces| partes)?"
    r"(?: por favor| porfa| mejor| pues| pe| po| ya| nom[aá]s| entonces)*"
    r"(?:\W*$|,? y (?:que|me|m[aá]nd|env)\b|,? pero (?:que )?(?:part|empie|arranq|desde|con|el|a part)\w*)"
)
# A new address of theirs, and no address for this one thing.
ANEW = phrases(r"\bcambi", r"\bnuev", r"\bactuali[cz]", r"\bya no (?:uso|tengo|es)", r"\bahora (?:es|tengo|uso)")
MONTHS = phrases(
    r"\b(?:fraccion|divid|difer|financi|pag|parti|plan|hac|resto|dem[aá]s)\w*.{0,25}\b(?:en|a) "
    r"(\d{1,2}|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce) (?:meses|mensualidades)\b"
)
# "¿En 10 meses?" is how long to pay for, not when.
BARE_MONTHS = phrases(
    r"^\W*(?:(?:y|mejor|pues|ok|a ver|bueno|entonces|puede ser|ser[ií]a|si es)\W+)*(?:en|a) "
    r"(\d{1,2}|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce) (?:meses|mensualidades)"
    r"(?:,? (?:puede ser|se puede|se podr[ií]a|podr[ií]a ser|est[aá] bien|(?:te|os|les?) (?:vale|parece)|vale))?\W*$"
)
# "En 4 pero quincenales".
COUNT_AND_RHYTHM = phrases(
    r"\ben (\d{1,2}|dos|tres|cuatro|cinco|seis),? (?:pero |y )?(?:(?:pagos|cuotas) )?(?:quincenal|semanal|mensual)"
)
# "En 4 quincenas" is how many and how often.
# "Mitad ahora y mitad el mes que viene" is two payments, however many are named besides.
HALVES = phrases(r"\bmitad\b.*\by (?:la )?(?:otra )?mitad\b")
QUINCENAS = phrases(r"\b(?:\d{1,2}|dos|tres|cuatro|cinco|seis|siete|ocho) (?:quincenas|quincenitas|kincenas)\b")
# All of somebody's debts, where there are several.
EVERY = phrases(r"\b(?:todas|ambas|las (?:dos|tres|cuatro))\b")
# A time to pay that is no day: it is asked which.
SOME_DAY = phrases(
    r"\b(?:en|para|hasta|por) (?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|setiembre|octubre"
    r"|noviembre|diciembre|navidad|la prima|el aguinaldo)\b",
    r"\b(?:el|la) (?:otr[oa]|pr[oó]xim[oa]) (?:mes|a[ñn]o|semana)\b",
    r"\b(?:cuando|apenas|en cuanto) (?:me paguen|me pague|me depositen|cobre|pueda|tenga|consiga|reciba|me llegue)\b",
    r"\bm[aá]s adelante\b",
)  # fmt: skip
THANKS = phrases(r"\bgracias\b")
NO_PERSON = phrases(r"\bno (?:quiero|deseo|necesito|hace falta) (?:tener que )?hablar")
PAYING = phrases(r"\bpagar\b", r"\bpago\b", r"\bpagarlo\b")
# Where the reading misses these, somebody may come to harm, or is answered in a language they do not read.
COMMANDS_MISSED: dict[str, re.Pattern[str]] = {
    "crisis": phrases(
        r"\btirarme (?:del?|por|desde|a las v[ií]as|al)\b", r"\bmatarme\b", r"\bsuicid", r"\bquitarme la vida\b",
        r"\bno quiero (?:seguir )?viv", r"\b(?:quiero|prefiero|mejor) (?:estar muert|morir)", r"\bahorcarme\b",
        r"\bdejar de existir\b", r"\bno vale la pena (?:seguir )?viv", r"\bhacerme da[ñn]o\b",
        r"\bcortarme las venas\b", r"\bacabar con mi vida\b",
    ),
    "who_contacted": phrases(
        r"\bqui[eé]n(?:es)? me (?:ha|han) (?:contactado|escrito|llamado|buscado)",
        r"\bcu[aá]ntas veces me (?:han|pueden|van a|deben) (?:contact|escrib|escrito|llam)",
        r"\bcu[aá]nt[ao]s (?:contactos|mensajes|llamadas) (?:me )?(?:quedan|faltan|pueden|han)",
    ),
    "english": phrases(
        r"\b(?:english|i (?:do|don'?t|am|can|can't|want|need)|please|thank you|how much|pay now|what is"
        r"|who (?:is|are))\b"
    ),
}  # fmt: skip
# Orders given to the assistant about itself.
# Wants something sent, and tells of no new address.
SEND_ME = phrases(
    r"^(?!.*\b(?:cambi|nuev|actualiz)).*\b(?:m[aá]nd|env[ií])[ae]\w*me\b.{0,25}"
    r"\b(?:info\w*|detalle|datos|estado|resumen|factura|recibo)"
)
INSTRUCTS = phrases(
    r"\b(?:act[uú]a|comp[oó]rtate|finge|haz de cuenta|responde) (?:como|que)\b", r"\bsystem\s*:", r"\bprompt\b",
    r"\b(?:ignor[ae]|olvida|salta|desobedece)\w* (?:tus|las|todas|tu|sus|el|lo)\b.*"
    r"(?:instruccion|regla|anterior|sistema|l[ií]mite)",
    r"\b(?:tus|sus) (?:instrucciones|reglas|configuraci[oó]n)\b", r"\bset balance\b",
    r"\bmodo (?:desarrollador|administrador)", r"\badministrador(?:a)? del sistema\b",
    r"\bp[oó]n(?:me|ga|game)? (?:la|mi) (?:deuda|cuenta|saldo) (?:a|en) (?:cero|0)\b",
)  # fmt: skip
# Said beside the main thing of a message, in so many words, and only where missing it would leave somebody unheard.
BESIDE: dict[str, re.Pattern[str]] = {
    "request_data_rights": phrases(r"\b(?:suprim|borr|elimin)\w+ (?:todos )?mis datos\b"),
    "dispute_debt": phrases(
        r"\bcobr(?:an|ando|aron|an?do|en) (?:de m[aá]s|dem[aá]s|(?:el )?(?:doble|triple)|dos veces)\b",
        r"\b(?:quiero|pido|exijo|necesito) que (?:me )?(?:lo|la|eso|esto)? ?revis",
        r"\b(?:quiero|voy a|vengo a|necesito) (?:reclamar|impugnar)\b(?!.{0,20}(?:trato|atenci[oó]n|llamad))",
    ),
    "request_human": phrases(
        r"\b(?:hablar|habl[eo]|comunic\w+|p[aá]s[aeá]\w*|atiend\w+|transfi\w+)\b.{0,15}"
        r"\bcon (?:una?|el|la|alg[uú]n|su|tu)? ?"
        r"(?:asesor|supervisor|persona|human|ejecutiv|agente|operador|encargad|alguien|gerente|jefe)"
    ),
    "complain": phrases(r"\b(?:poner|pongo|hacer|presentar|dejar) una (?:queja|reclamaci[oó]n)", r"\bquiero quejarme"),
    "report_payment": phrases(
        r"\b(?:l[oa]s? |se (?:l[oa]s? )?)(?:pag|cancel|deposit|consign|transfiri)[oó] (?:mi|mis|nuestr[oa])\b",
        r"\b(?:l[oa]s? |se (?:l[oa]s? )?)(?:pag|cancel|deposit|consign|transfiri)ó\b",
        r"(?<!cuando )(?<!que )(?<!si )\b(?:ya|yo|lo|la) (?:termin[eé]|acab[eé]) de (?:pagar|cancelar)\b(?!\?)",
        r"(?<!cuando )(?<!si )\bya (?:l[oae]s? |se l[oa]s? |te l[oa]s? |les? )?(?:pagu[eé]|cancel[eé]|consign[eé]"
        r"|deposit[eé]|transfer[ií]|he pagado|hab[ií]a pagado|est[aá] pagad[oa])\b(?!\?)",
    ),
    "request_clearance": phrases(r"\bpaz y salvo", r"\blibre (?:de )?deuda", r"\bcarta de no adeudo", r"\bfiniquito"),
    "request_statement": phrases(
        r"\b(?:m[aá]nd|env[ií]|p[aá]s|quier|necesit)\w*.{0,20}"
        r"\b(?:estado de cuenta|extracto|cartola|resumen de (?:la )?cuenta)"
    ),
    "request_installments": phrases(
        r"\b(?:pagar(?:l[oae]s?)?|pago|dej\w+|hac\w+) en (?:\d{1,2}|dos|tres|cuatro|cinco|seis)\b"
        r"(?! (?:d[ií]as?|semanas?|mes|horas?|de |minutos))"
    ),
    "report_hardship": phrases(
        r"\bme (?:acaban? de )?(?:echar(?:on)?|despid\w+|despedir|corrieron|correr|botaron|botar|rajaron|liquidaron)"
        r" (?:de(?:l)? )?(?:mi |la |el )?(?:trabajo|empleo|pega|chamba|laburo|camello|empresa|curro)",
        r"(?<!no )\b(?:estoy|sigo|ando|estamos) (?:en (?:el )?(?:paro|erte|desempleo|seguro de paro)"
        r"|sin (?:un )?(?:trabajo|empleo|pega|chamba|laburo|camello|curro|jale|ingresos|sueldo|peso|mango|duro))\b",
    ),
    "make_offer": phrases(r"\b(?:ofrezco|l[eo]s? doy|te doy|os doy|propongo)\b.{0,15}\d"),
    "ask_balance": phrases(
        r"\bcu[aá]nto (?:es lo que |era lo que )?(?:les? |te )?(?:debo|deb[ií]a|era)\b(?! en)",
        r"\bcu[aá]l es mi (?:saldo|deuda)",
        r"\bcu[aá]nto (?:es )?y (?:desde|de|para|hasta) cu[aá]ndo",
        r"\by (?:de )?cu[aá]nto (?:es|debo|tengo|ser[ií]a)(?: (?:el )?total)?\W*$",
    ),
    "ask_due_date": phrases(
        r"\b(?:la|el) (?:primer[ao]?|pr[oó]xim[oa])(?: cuota| pago| plazo)?,? (?:para )?cu[aá]ndo\b",
        r"\bcu[aá]ndo (?:es|ser[ií]a|toca|vence) (?:la|el) (?:primer|pr[oó]xim)",
    ),
    "ask_who": phrases(
        r"\bphishing\b",
        r"\b(?:esto|este mensaje) (?:es|ser[aá]) (?:real|verdad|segur[oa]|confiable|ciert[oa]|una estafa|trucho)\b",
        r"\bes (?:segur[oa]|confiable|real|verdad|ciert[oa]) est[oe]\b",
        r"\bqui[eé]n(?:es)? (?:es usted|sos|eres|son ustedes|sois|me habla|me escribe)",
        r"^\W*(?:\w+ ){0,3}(?:qui[eé]n|kien)(?:es)? (?:es|son)\W*$",
    ),
    "pay_now": phrases(
        r"(?<!no )\b(?:quiero|puedo|voy a|deseo|quisiera|prefiero) (?:pag|cancel|liquid|sald)ar(?:l[oa]s?|les?)? "
        r"(?:todo|completo|el total|entero|la totalidad)\b"
        r"(?!.*\b(?:cuot|part|plazo|pagos|mes|quincen|seman|descuent|rebaj))"
    ),
    "ask_payment_methods": phrases(
        r"\b(?:por|en|a) ?d[oó]nde (?:(?:les?|l[oa]s?|se|te|me) )*(?:puedo |puede |toca |hay que )?"
        r"(?:pag|consign|deposit|abon|transfier|transferir)\w*"
    ),
    "ask_consequences": phrases(r"\bqu[eé] (?:me )?(?:pasa|sucede|ocurre) si no (?:l[eo]s? )?(?:pag|pued)\w+"),
}
