"""Columns about who owes: name, documents, place, habits, and what they allowed."""

from __future__ import annotations

from acuerdo.core.portfolio.column import Column

PERSON: tuple[Column, ...] = (
    Column(
        "name",
        "Nombre completo de la persona, o razón social.",
        ("Ana María Ejemplo", "EJEMPLO PÉREZ, ANA MARÍA", "Comercial Prueba S.A."),
        required="name",
        also=(
            "nombre", "nombre completo", "nombre cliente", "nombre deudor", "nombre titular", "cliente", "titular",
            "deudor", "razon social", "nombre y apellido", "nombre y apellidos", "nombres y apellidos",
            "apellidos y nombres", "apellido y nombre", "nombre o razon social", "nombre razon social",
            "nombres completos", "nombre socio", "nombre abonado", "nombre asociado", "nombre usuario",
            "nombre acreditado",
            "acreditado", "suscriptor", "abonado", "nombre suscriptor", "denominacion social",
            "full name", "customer name", "client name", "debtor name", "borrower", "borrower name", "customer",
            "debtor", "account holder", "holder name", "company name", "business name",
            "nome", "nome completo", "nome cliente", "nome do devedor", "devedor", "razao social", "nome titular",
        ),
    ),
    Column(
        "given_names",
        "Nombres de pila, cuando los apellidos van en otra columna.",
        ("Ana María",),
        required="name",
        also=("nombres", "primer nombre", "nombre pila", "nombres cliente", "nombres deudor", "first name",
            "given name",
              "forename", "primeiro nome", "prenome"),
    ),
    Column(
        "surnames",
        "Apellidos, cuando los nombres van en otra columna; si son dos columnas, la del primero.",
        ("Ejemplo Pérez",),
        also=("apellidos", "apellido", "primer apellido", "apellido paterno", "ape paterno", "apellido 1",
            "apellidos cliente",
              "apellidos deudor", "last name", "surname", "family name", "sobrenome"),
    ),
    Column("second_surname", "Segundo apellido, cuando va en columna aparte.", ("Pérez",), also=(
        "segundo apellido", "apellido materno", "ape materno", "apellido 2", "mother surname", "second last name",
    )),
    Column(
        "document",
        "Documento de identidad; con o sin puntos y guiones. Si trae varios (CURP y RFC, DNI y CUIT), vale el primero y"
        " los demás quedan como otros documentos de la misma persona.",
        ("52345678", "12.345.678-5", "FUMF940522MPLCDR05", "12345678Z"),
        required="yes",
        also=(
            "documento", "numero documento", "documento identidad", "documento identificacion", "identificacion",
            "numero identificacion", "cedula", "numero cedula", "cedula ciudadania", "cc", "nit", "numero nit", "rut",
            "rut cliente", "rut deudor", "run", "curp", "rfc", "dni", "numero dni", "ruc", "numero ruc", "cuit", "cuil",
            "cuit cuil", "cuil cuit", "dni nif", "nif", "nie", "cif", "nif cif", "cif nif", "dni nie", "nif nie",
            "documento cliente", "documento deudor", "documento titular", "identificacion cliente",
            "identificacion deudor", "id cliente documento", "cedula cliente", "cedula deudor", "dni cliente",
            "dni deudor", "dni titular", "nit cliente", "nif titular", "cpf", "cnpj", "cpf cnpj", "numero cpf",
            "id number", "national id", "tax id", "document number", "identity document", "identification",
            "identification number", "ssn", "passport number", "government id", "documento do cliente", "nro cpf",
            "pasaporte", "numero pasaporte", "pasaporte cliente", "passport", "passaporte", "cedula extranjeria",
            "numero cedula extranjeria", "carnet extranjeria", "carne extranjeria", "ppt", "numero ppt", "ptp",
            "tarjeta identidad", "cpf cliente", "cpf titular", "cnpj cliente", "cuit cliente", "cuit titular",
        ),
        several=True,
    ),
    Column(
        "document_type",
        "Tipo de documento; si falta, se deduce del país y de la forma.",
        ("cédula", "NIT", "CURP", "RUT", "DNI", "NIE", "PPT", "CPF"),
        also=(
            "tipo documento", "tipo doc", "tipo identificacion", "tipo id", "tipo documento identidad", "tdoc",
            "tip doc",
            "clase documento", "tipo documento cliente", "tipo identificacion cliente", "document kind", "id type",
            "identification type", "tipo de documento deudor",
        ),
    ),
    Column("document_2", "Otro documento de la misma persona.", ("FUMF9405226X9",), also=(
        "documento 2", "segundo documento", "otro documento", "documento alterno", "documento adicional",
        "documento secundario", "second document", "other document", "secondary id", "outro documento",
    )),
    Column("document_2_type", "Tipo del otro documento.", ("RFC", "CUIL"), also=(
        "tipo documento 2", "tipo segundo documento", "tipo otro documento", "second document type",
    )),
    Column(
        "country",
        "País de la persona; si falta, el que se indica al importar.",
        ("CO", "México", "PER"),
        also=("pais", "pais residencia", "pais cliente", "codigo pais", "nacion", "country code", "pais de residencia"),
    ),
    Column(
        "customer_type",
        "Persona natural (física) o empresa (jurídica); si falta, se deduce del documento.",
        ("natural", "empresa"),
        also=("tipo cliente", "tipo persona", "naturaleza", "naturaleza juridica", "clase persona", "tipo deudor",
              "personeria", "person type", "client type", "entity type", "tipo pessoa", "tipo de pessoa"),
    ),
    Column(
        "customer_since",
        "Fecha desde la que es cliente.",
        ("2019-03-01", "01/03/2019"),
        also=(
            "cliente desde", "fecha vinculacion", "fecha alta", "fecha alta cliente", "fecha ingreso",
            "antiguedad desde",
            "fecha afiliacion", "fecha ingreso cliente", "fecha incorporacion", "antiguedad cliente",
            "fecha asociacion",
            "since", "client since", "member since", "customer from", "join date", "cliente desde data",
            "data cadastro", "data de cadastro",
        ),
    ),
    Column("born", "Fecha de nacimiento.", ("1984-05-22",), also=(
        "fecha nacimiento", "nacimiento", "fecha nac", "fnac", "f nac", "fecha nacimiento cliente", "fecha de nac",
        "birth date", "date of birth", "dob", "birthday", "birthdate", "data nascimento", "data de nascimento",
        "nascimento",
    )),
    Column("language", "Idioma en que prefiere hablar: español, portugués o inglés.", ("es", "español", "pt"),
           also=("idioma", "lengua", "idioma preferido", "lenguaje", "preferred language", "lang", "lingua")),
)  # fmt: skip

PLACE: tuple[Column, ...] = (
    Column("address", "Dirección postal.", ("Calle 10 # 5-21",), also=(
        "direccion", "domicilio", "calle", "direccion residencia", "direccion domicilio", "direccion completa",
        "direccion cliente", "direccion particular", "direccion postal", "direccion casa", "domicilio particular",
        "direccion cobro", "direccion suministro", "calle y numero", "street", "street address", "home address",
        "postal address", "address line 1", "address 1", "mailing address", "endereco", "endereco completo",
        "logradouro", "rua",
    )),
    Column("address_source", "De dónde salió la dirección.", ("solicitud de crédito",), also=(
        "origen direccion", "fuente direccion", "source address",
    )),
    Column("address_quality", "Si la dirección sirve: buena, sin comprobar o mala.", ("buena", "mala"), also=(
        "calidad direccion", "estado direccion", "calificacion direccion", "address status",
    )),
    Column("city", "Ciudad, municipio o comuna.", ("Bogotá", "Providencia"), also=(
        "ciudad", "municipio", "comuna", "localidad", "poblacion", "distrito", "ciudad residencia", "ciudad cliente",
        "nombre ciudad", "delegacion", "delegacion municipio", "alcaldia", "town", "municipality", "cidade",
        "ciudad domicilio",
    )),
    Column(
        "subdivision",
        "Departamento, estado, región o provincia: de aquí sale la hora local de la persona.",
        ("Cundinamarca", "Baja California", "Magallanes", "Las Palmas"),
        also=("departamento", "estado republica", "entidad federativa", "region", "provincia", "state", "comunidad",
              "comunidad autonoma", "entidad", "departamento residencia", "provincia domicilio", "estado residencia",
              "estado domicilio", "nombre region", "nombre departamento", "province", "uf residencia"),
    ),
    Column(
        "zone",
        "Zona horaria, si se conoce; manda sobre la dirección y el teléfono.",
        ("America/Tijuana", "Atlantic/Canary"),
        also=("zona horaria", "huso horario", "huso", "timezone", "time zone", "tz", "fuso horario"),
    ),
)  # fmt: skip

REACH: tuple[Column, ...] = (
    Column(
        "phone",
        "Teléfonos, con o sin prefijo del país; varios se separan con | o /, o en varias columnas.",
        ("300 555 0100", "+56 9 5555 0100"),
        also=(
            "telefono", "telefonos", "celular", "movil", "telefono celular", "telefono movil", "numero celular",
            "numero telefono", "numero movil", "celulares", "moviles", "telefono principal", "celular principal",
            "whatsapp",
            "telefono fijo", "fijo", "telefono contacto", "telefono cliente", "celular cliente", "telefono titular",
            "telefono deudor", "celular deudor", "telefono casa", "telefono residencia", "telefono domicilio",
            "telefono trabajo", "telefono oficina", "telefono laboral", "telefono particular", "telefono alterno",
            "telefono alternativo", "telefono adicional", "otro telefono", "numero contacto", "numero whatsapp",
            "phones", "phone number", "mobile", "mobile phone", "mobile number", "cell", "cell phone", "cellphone",
            "home phone", "work phone", "landline", "contact number", "telephone", "celular whatsapp",
            "telefone celular", "telefone fixo", "telefone residencial", "telefone contato", "numero telefone",
        ),
        several=True,
    ),
    Column("phone_source", "De dónde salió cada teléfono, en el orden de los teléfonos; uno solo vale para todos.",
           ("solicitud de crédito", "cliente|buró"), also=(
        "origen telefono", "fuente telefono", "origen celular", "fuente celular", "procedencia telefono",
        "source phone", "origem telefone",
    )),
    Column("phone_quality", "Si cada teléfono sirve: bueno, sin comprobar o malo. A uno malo no se contacta.",
           ("bueno", "bueno|malo"), also=(
        "calidad telefono", "estado telefono", "calificacion telefono", "calidad celular", "efectividad telefono",
        "phone status", "phone score", "qualidade telefone",
    )),
    Column(
        "email",
        "Correos electrónicos; varios se separan con | o ;.",
        ("ana@ejemplo.com",),
        also=(
            "correo", "correos", "correo electronico", "correos electronicos", "e mail", "mail", "mails", "emails",
            "correo cliente", "correo personal", "correo contacto", "direccion correo", "direccion electronica",
            "email cliente", "email titular", "email contacto", "correo titular", "correo deudor", "email deudor",
            "correo alterno", "email address", "e mail address", "customer email", "endereco eletronico",
            "correio eletronico", "email do cliente",
        ),
        several=True,
    ),
    Column("email_source", "De dónde salió cada correo, en su orden.", ("solicitud de crédito",), also=(
        "origen correo", "fuente correo", "origen email", "fuente email", "source email",
    )),
    Column("email_quality", "Si cada correo sirve: bueno, sin comprobar o malo. A uno malo no se escribe.",
           ("bueno",), also=(
        "calidad correo", "calidad email", "estado correo", "estado email", "calificacion correo", "email status",
    )),
    Column("contact_source", "De dónde salieron los datos de contacto, cuando es lo mismo para todos.",
           ("solicitud de crédito", "buró"), also=(
        "origen contacto", "fuente contacto", "origen datos", "fuente datos", "origen datos contacto",
        "fuente datos contacto", "data source", "source of contact", "origem contato",
    )),
    Column("preferred_channel", "Canal que la persona prefiere: sms, whatsapp, correo o voz.", ("whatsapp", "correo"),
        also=(
        "canal preferido", "canal preferencia", "canal contacto", "medio preferido", "medio contacto preferido",
        "preferencia contacto", "channel", "preferred contact", "contact preference", "canal preferencial",
    )),
    Column("preferred_hours", "Horas en que prefiere que se le contacte.", ("09:00-12:00", "de 9 a 12", "tarde"), also=(
        "horario preferido", "hora preferida", "horario contacto", "horario preferencia", "hora contacto",
        "mejor hora", "mejor horario", "preferred time", "best time", "best time to call", "contact hours",
        "horario preferencial", "melhor horario",
    )),
)  # fmt: skip

_CHANNELS: dict[str, tuple[str, ...]] = {
    "sms": ("sms", "mensaje texto", "mensajes texto"),
    "whatsapp": ("whatsapp", "wsp", "wa"),
    "email": ("email", "correo", "correo electronico", "e mail"),
    "voice": ("voz", "llamada", "llamadas", "telefono", "voice", "call", "calls", "phone"),
}
_CONSENT_WORDS = ("consentimiento", "autoriza", "autorizacion", "acepta", "permite", "consent", "opt in", "optin",
                  "consentimento", "autorizacao")  # fmt: skip
_MEANT = {"sms": "mensajes de texto", "whatsapp": "WhatsApp", "email": "correo", "voice": "llamadas"}

ALLOWED: tuple[Column, ...] = (
    Column("consent", "Si autorizó que se le contacte por cualquier canal: sí, no, o la fecha en que lo autorizó.",
           ("sí", "no", "2025-02-10"), also=(
        "consentimiento", "autorizacion contacto", "habeas data", "autorizacion datos", "autoriza contacto",
        "tratamiento datos", "autorizacion tratamiento datos", "autoriza tratamiento datos", "acepta contacto",
        "opt in",
        "optin", "contact consent", "consent given", "consentimento", "lgpd",
    )),
    *(
        Column(f"consent_{channel}", f"Si autorizó {_MEANT[channel]}: sí, no, o la fecha.", ("sí", "no", "2025-02-10"),
               also=tuple(f"{word} {name}" for word in _CONSENT_WORDS for name in names))
        for channel, names in _CHANNELS.items()
    ),
    Column("consent_date", "Fecha de las autorizaciones, cuando la celda dice solo sí o no.", ("2025-02-10",), also=(
        "fecha consentimiento", "fecha autorizacion", "fecha autorizacion datos", "consent given on", "date of consent",
        "data consentimento",
    )),
    Column("consent_evidence", "Qué prueba las autorizaciones: formulario, grabación, contrato.", ("grabación 8841",),
        also=(
        "evidencia consentimiento", "prueba consentimiento", "soporte autorizacion", "soporte consentimiento",
        "evidencia autorizacion", "consent proof", "proof of consent", "evidencia consentimento",
    )),
)  # fmt: skip

REGISTERS: tuple[Column, ...] = (
    Column("do_not_call", "La persona está en un registro de no contactar: sí, no, o la fecha.", ("sí", "no"), also=(
        "no llamar", "no contactar", "no molestar", "registro no llame", "no llame", "registro no llamar",
        "lista negra",
        "lista robinson", "robinson", "reus", "repep", "rne", "excluido contacto", "bloqueo contacto", "do not contact",
        "dnc", "do not call registry", "no call", "opt out", "nao perturbe", "nao contatar", "nao ligar",
    )),
    Column("judicialised", "La deuda está en juicio: sí, no, o la fecha de la demanda.", ("sí", "2026-01-15"), also=(
        "judicializado", "judicializada", "judicial", "en juicio", "demandado", "demanda", "demanda judicial",
        "proceso judicial", "cobro judicial", "en proceso judicial", "embargo", "fecha demanda", "juicio",
        "legal proceedings", "litigation", "in litigation", "sued", "judicialized", "ajuizado", "ajuizada",
        "em juizo", "processo judicial",
    )),
    Column("deceased", "La persona falleció: sí, no, o la fecha.", ("no", "2026-03-02"), also=(
        "fallecido", "fallecida", "fallecimiento", "fecha fallecimiento", "difunto", "defuncion", "fecha defuncion",
        "muerto", "obito", "occiso", "dead", "death", "date of death", "deceased date", "falecido", "falecimento",
        "data obito", "data falecimento",
    )),
)  # fmt: skip
