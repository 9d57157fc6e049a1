/** The parts of an OpenAPI 3.1 document that Herald's has. */
import type * as z from 'zod'

export type Schema = z.core.JSONSchema.BaseSchema

export interface Document {
  openapi: '3.1.0'
  info: { title: string; version: string; description: string; license: { name: string } }
  servers: { url: string; description: string }[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  /** What is sent to others, by kind of event. */
  webhooks: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, Schema>
    responses: Record<string, ResponseObject>
    headers: Record<string, HeaderObject>
    securitySchemes: Record<string, Record<string, string>>
  }
}

export interface Operation {
  operationId: string
  tags: string[]
  summary: string
  description: string
  security: Record<string, never[]>[]
  parameters?: Parameter[]
  requestBody?: { required: boolean; content: Record<string, MediaType> }
  responses: Record<string, ResponseObject | Reference>
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header' | 'cookie'
  required: boolean
  description?: string
  schema: Schema
  example?: unknown
}

export interface ResponseObject {
  description: string
  headers?: Record<string, HeaderObject | Reference>
  content?: Record<string, MediaType>
}

export interface MediaType {
  schema: Schema
  example?: unknown
}

export interface HeaderObject {
  description: string
  schema: Schema
}

export interface Reference {
  $ref: string
}
