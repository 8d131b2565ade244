/** Every word of the page's own: one table a language, chosen by the document's. What the house says comes from the house. */

const es = {
  opening: "Abriendo su mensaje…",
  reconnecting: "Reconectando… no se pierde nada",
  assistant: "Asistente automático",
  person: "Le atiende una persona",
  onBehalf: (agency: string, creditor: string) => `${agency}, por encargo de ${creditor}`,
  log: "Conversación",
  suggestions: "Respuestas sugeridas",
  options: (count: number) => (count > 1 ? `${count} opciones; use las flechas para pasar de una a otra` : "Una opción"),
  previous: "Opción anterior",
  next: "Opción siguiente",
  canAnswer: "Puede responder:",
  write: "Escriba su mensaje",
  send: "Enviar",
  sending: "Enviando…",
  sent: "Enviado",
  you: "Usted:",
  bot: "Asistente:",
  agent: "Una persona del equipo:",
  agentLabel: "Persona del equipo",
  system: "Aviso:",
  typing: "Escribiendo…",
  today: "Hoy",
  yesterday: "Ayer",
  newer: "Mensaje nuevo",
  closed: "Esta conversación está cerrada. Si escribe, la retomamos.",
  from: (least: string) => `Desde ${least}`,
  upTo: (most: string) => `Hasta ${most}`,
  days: (least: string, most: string) => `Del ${least} al ${most}`,
  between: (least: string, most: string) => `Entre ${least} y ${most}`,
  rating: ["Muy mal", "Mal", "Regular", "Bien", "Muy bien"],
  comment: "Comentario (opcional)",
  goneTitle: "Este enlace ya no está disponible",
  goneText:
    "Por seguridad, los enlaces dejan de servir pasado un tiempo. Si quiere, le enviamos uno nuevo al contacto que tenemos registrado.",
  renew: "Pedir un enlace nuevo",
};

export type Texts = typeof es;

const tables: Record<string, Texts> = { es };

export const texts: Texts = tables[document.documentElement.lang.slice(0, 2)] ?? es;
