"""Columns about the debt: what is owed, since when, and how it was paid."""

from __future__ import annotations

from acuerdo.core.portfolio.column import Column

DEBT: tuple[Column, ...] = (
    Column(
        "external_id",
        "Número de la obligación en el sistema del acreedor; no se repite y no cambia entre cargas.",
        ("CR-000123", "4500098"),
        required="yes",
        also=(
            "id externo", "obligacion", "numero obligacion", "contrato", "numero contrato", "credito",
            "numero credito", "cuenta", "numero cuenta", "operacion", "numero operacion", "id cuenta", "id credito",
            "id obligacion", "id contrato", "id operacion", "id deuda", "codigo obligacion", "codigo credito",
            "codigo operacion", "codigo cuenta", "expediente", "numero expediente", "folio", "prestamo",
            "numero prestamo", "id prestamo", "pagare", "numero pagare", "numero tarjeta", "tarjeta numero",
            "numero suministro", "suministro", "numero servicio", "numero socio cuenta", "referencia obligacion",
            "numero poliza", "poliza", "llave obligacion",
            "account", "account id", "account number", "loan id", "loan number", "contract", "contract id",
            "contract number", "debt id", "loan", "facility id", "reference number", "case id",
            "contrato numero", "id contrato cliente", "numero do contrato", "operacao", "numero operacao",
            "emprestimo", "numero emprestimo", "numero da conta", "id divida", "numero titulo", "titulo",
        ),
    ),
    Column(
        "product",
        "Producto del que nace la deuda.",
        ("tarjeta de crédito", "préstamo personal", "libranza", "tienda"),
        required="yes",
        also=(
            "producto", "tipo producto", "nombre producto", "descripcion producto", "linea", "linea credito",
            "tipo credito", "tipo prestamo", "tipo operacion", "tipo obligacion", "tipo cuenta", "portafolio",
            "subproducto", "modalidad", "clase cartera", "tipo cartera", "servicio", "tipo servicio", "concepto deuda",
            "product", "product name", "product type", "loan type", "account type", "portfolio",
            "tipo produto", "nome produto", "linha credito", "tipo de operacao", "modalidade", "carteira",
        ),
    ),
    Column(
        "balance",
        "Saldo total adeudado hoy, en unidades de la moneda (no en centavos).",
        ("900000", "1.250,50", "$ 1,250.50", "UF 12,5"),
        required="yes",
        also=(
            "saldo", "saldo total", "deuda", "deuda total", "monto", "monto adeudado", "importe", "importe deuda",
            "total deuda", "valor deuda", "saldo deuda", "saldo adeudado", "saldo actual", "saldo vencido",
            "monto deuda", "total adeudado", "saldo fecha", "saldo insoluto", "saldo obligacion", "saldo credito",
            "saldo pendiente", "importe adeudado", "importe total", "importe pendiente", "importe impagado",
            "monto total", "monto total adeudado", "valor total", "valor adeudado", "valor obligacion",
            "deuda actual", "deuda vencida", "saldo exigible", "total exigible", "saldo total deuda", "saldo mora",
            "total a pagar", "valor total deuda", "saldo total adeudado", "deuda a la fecha",
            "balance due", "outstanding balance", "outstanding", "amount due", "total due", "current balance",
            "total balance", "amount owed", "debt", "debt amount", "total outstanding",
            "saldo devedor", "valor divida", "divida", "saldo devedor total", "valor em aberto", "total divida",
            "valor devido", "saldo em aberto", "montante", "divida total",
        ),
    ),
    Column("principal", "Parte del saldo que es capital.", ("800000",), also=(
        "capital", "saldo capital", "principal adeudado", "capital adeudado", "capital vencido", "saldo principal",
        "capital insoluto", "capital pendiente", "monto capital", "valor capital", "importe capital", "principal debt",
        "principal balance", "principal amount", "outstanding principal", "valor principal", "saldo do principal",
    )),
    Column("interest", "Parte del saldo que son intereses.", ("80000",), also=(
        "interes", "intereses", "interes mora", "intereses mora", "interes moratorio", "intereses moratorios",
        "intereses demora", "intereses corrientes", "interes corriente", "interes devengado", "saldo intereses",
        "monto interes", "monto intereses", "valor intereses", "valor interes", "interes ordinario",
        "intereses punitorios",
        "importe intereses", "interest due", "accrued interest", "interest amount", "interest balance",
        "juros", "valor juros", "juros de mora", "juros devidos", "encargos juros",
    )),
    Column("fees", "Parte del saldo que son gastos y comisiones.", ("20000",), also=(
        "gastos", "comisiones", "honorarios", "gastos cobranza", "gastos cobro", "otros cargos", "otros conceptos",
        "cargos", "comision", "otros gastos", "costas", "gastos y comisiones", "seguros y otros", "otros",
        "gastos administrativos", "penalidades", "recargos", "multas", "charges", "other charges", "fee amount",
        "late fees", "collection fees", "tarifas", "taxas", "encargos", "multa", "despesas", "outros encargos",
    )),
    Column(
        "currency",
        "Moneda del saldo; si falta, la del signo del importe, o la del país.",
        ("COP", "EUR", "pesos", "UF"),
        also=(
            "moneda", "divisa", "codigo moneda", "tipo moneda", "moneda deuda", "moneda operacion", "mon",
            "unidad monetaria", "currency code", "ccy", "moeda", "codigo moeda",
        ),
    ),
    Column(
        "due_date",
        "Fecha de vencimiento de la cuota impaga más antigua; si los días de mora dicen otra cosa, manda la fecha.",
        ("2026-03-23", "23/03/2026", "23-mar-2026"),
        required="due",
        also=(
            "fecha vencimiento", "vencimiento", "fecha limite", "fecha limite pago", "fecha mora", "fecha inicio mora",
            "fecha primer vencimiento", "fecha primera cuota impaga", "primer vencimiento impago", "fecha impago",
            "fecha entrada mora", "fecha vencimiento cuota", "fecha vencida", "fecha exigibilidad",
            "fecha cuota vencida", "vencimiento mas antiguo", "fecha vencimiento mas antiguo", "fecha ingreso mora",
            "fecha pago limite", "fecha vence",
            "due", "payment due date", "oldest due date", "past due date", "date due", "default date", "maturity date",
            "delinquency date", "data de vencimento", "vencimento", "data vencimento parcela", "data do atraso",
        ),
    ),
    Column(
        "days_past_due",
        "Días de mora a la fecha de corte; si falta, se cuenta desde el vencimiento.",
        ("22", "0"),
        required="due",
        also=(
            "dias mora", "dias vencidos", "dias atraso", "dias impago", "dias vencido", "altura mora", "dpd",
            "dias morosidad", "dias de retraso", "dias incumplimiento", "dias vencimiento", "mora dias",
            "dias atrasados",
            "numero dias mora", "cantidad dias mora", "edad mora", "edad cartera", "dias impagado", "dias demora",
            "dias past due", "days late", "days overdue", "days delinquent", "days in arrears", "past due days",
            "arrears days", "atraso dias", "dias em atraso", "dias de inadimplencia",
        ),
    ),
    Column(
        "as_of",
        "Fecha de corte de los datos; si falta, el día en que se importa.",
        ("2026-04-14",),
        also=(
            "fecha corte", "fecha informacion", "fecha proceso", "fecha saldo", "fecha de saldo",
            "fecha actualizacion", "fecha archivo",
            "fecha base", "corte", "fecha generacion", "fecha carga", "as of", "as of date", "cutoff date",
            "cut off date", "report date", "balance date", "snapshot date", "data base", "data corte", "data posicao",
            "data do saldo", "data referencia",
        ),
    ),
    Column(
        "status",
        "Estado de la obligación: vigente, pagada, castigada, judicial o retirada.",
        ("vigente", "pagada"),
        also=(
            "estado obligacion", "estado credito", "estado cuenta", "situacion", "estado operacion", "estado prestamo",
            "estado contrato", "estado deuda", "estado cartera", "estatus", "situacion deuda",
            "situacion credito", "status cuenta", "account status", "loan status", "situacao", "status conta",
            "situacao contrato",
        ),
    ),
    Column(
        "limitation_date",
        "Fecha en que prescribe la deuda, si el acreedor la conoce.",
        ("2029-03-23",),
        also=(
            "fecha prescripcion", "prescripcion", "fecha caducidad", "prescribe", "prescribe el", "vence prescripcion",
            "fecha limite prescripcion", "limitation", "statute of limitations", "statute date", "prescription date",
            "time barred date", "sol date", "data prescricao", "prescricao",
        ),
    ),
)  # fmt: skip

COURSE: tuple[Column, ...] = (
    Column(
        "opened",
        "Fecha en que nació la obligación.",
        ("2024-01-10",),
        also=(
            "fecha apertura", "fecha desembolso", "fecha otorgamiento", "fecha originacion", "fecha contrato",
            "fecha inicio", "fecha compra", "fecha colocacion", "fecha formalizacion", "fecha firma", "fecha curse",
            "fecha concesion", "fecha alta operacion", "fecha credito", "fecha emision", "fecha suscripcion",
            "fecha activacion", "fecha liquidacion", "open date", "opening date", "origination date",
            "disbursement date",
            "start date", "loan date", "data abertura", "data contratacao", "data inicio", "data desembolso",
            "data contrato", "data emissao",
        ),
    ),
    Column("last_payment_date", "Fecha del último pago.", ("2026-02-20",), also=(
        "fecha ultimo pago", "ultimo pago", "fecha ultimo abono", "ultimo abono", "fecha pago ultimo",
        "fecha ultima cuota pagada", "fecha ultimo cobro", "last payment", "last paid date", "date of last payment",
        "data ultimo pagamento", "ultimo pagamento",
    )),
    Column(
        "late_payments_12m",
        "Cuántas veces pagó tarde en los últimos doce meses.",
        ("0", "3"),
        also=(
            "pagos tarde", "pagos atrasados", "atrasos 12m", "moras 12m", "veces mora", "atrasos ultimos 12 meses",
            "veces mora 12 meses", "numero atrasos 12 meses", "late payments", "late payments last 12 months",
            "times late 12m", "atrasos 12 meses", "pagamentos em atraso 12m",
        ),
    ),
    Column("installments_total", "Cuántas cuotas tiene el crédito.", ("36",), also=(
        "plazo", "plazo meses", "numero cuotas", "cuotas", "total cuotas", "cuotas totales", "cuotas pactadas",
        "cantidad cuotas", "plazo credito", "cuotas plazo", "numero pagos", "mensualidades", "installments", "term",
        "term months", "number of installments", "total installments", "tenor", "parcelas", "numero parcelas",
        "total parcelas", "cantidad parcelas", "prazo",
    )),
    Column("installments_paid", "Cuántas cuotas se pagaron.", ("12",), also=(
        "cuotas pagadas", "numero cuotas pagadas", "cuotas canceladas", "cuotas pagas", "pagos realizados",
        "mensualidades pagadas", "paid installments", "installments made", "parcelas pagas", "parcelas quitadas",
    )),
    Column("installments_overdue", "Cuántas cuotas están vencidas y sin pagar.", ("2",), also=(
        "cuotas vencidas", "cuotas en mora", "cuotas impagas", "cuotas atrasadas", "cuotas morosas",
        "numero cuotas mora",
        "numero cuotas vencidas", "cuotas impagadas", "mensualidades vencidas", "recibos impagados", "pagos vencidos",
        "overdue installments", "past due installments", "missed installments", "installments past due",
        "parcelas vencidas", "parcelas em atraso", "parcelas atrasadas",
    )),
    Column("installment_due", "Valor de la cuota vencida.", ("150000",), also=(
        "cuota", "valor cuota", "cuota vencida", "monto cuota", "importe cuota", "cuota mensual", "valor cuota mensual",
        "mensualidad", "monto cuota vencida", "valor cuota vencida", "importe cuota vencida", "letra", "cuota actual",
        "installment", "installment amount", "monthly payment", "emi", "instalment amount", "parcela", "valor parcela",
        "valor da prestacao", "prestacao",
    )),
    Column("minimum_due", "Pago mínimo con el que la cuenta queda al día.", ("120000",), also=(
        "pago minimo", "minimo", "pago minimo vencido", "valor minimo", "valor en mora", "monto vencido",
        "importe vencido", "valor vencido", "monto mora", "monto en mora", "importe mora", "deuda exigible",
        "valor para normalizar", "monto para ponerse dia", "pago para no generar mora", "pago requerido",
        "minimo pagar",
        "minimum payment", "minimum", "min payment", "past due amount", "arrears", "amount past due", "arrears amount",
        "overdue amount", "pagamento minimo", "valor em atraso", "valor vencido parcelas",
    )),
)  # fmt: skip
