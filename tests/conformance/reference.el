;;; reference.el --- what GNU Emacs Org makes of Org texts  -*- lexical-binding: t -*-
;;
;; emacs -Q --batch -L ORG -l reference.el -f wb-reference IN.jsonl OUT.jsonl
;;
;; IN has one {"id", "org"} a line; OUT gets {"id", "html", "headlines", "src"} or {"id", "error"}.
;; Babel evaluates nothing; broken links are allowed; HTML is the body alone, without table of contents and numbers.

(require 'json)
(require 'org)
(require 'org-element)
(require 'ox-html)
(require 'ob-core)
(require 'ob-exp)

(setq org-export-use-babel nil
      org-confirm-babel-evaluate nil
      org-export-with-broken-links t
      org-export-with-toc nil
      org-export-with-section-numbers nil
      org-html-htmlize-output-type nil
      org-html-postamble nil
      org-element-use-cache nil
      make-backup-files nil
      create-lockfiles nil
      inhibit-message t)

;; Ids are random in Org; numbered in order of use they are the same in every run.
(defvar wb-ids 0)
(defun wb-numbered-reference (&rest _) (cl-incf wb-ids))
(advice-add 'org-export-new-reference :override #'wb-numbered-reference)

(defun wb-headlines ()
  (org-element-map (org-element-parse-buffer 'headline) 'headline
    (lambda (h)
      `((level . ,(org-element-property :level h))
        (title . ,(org-element-property :raw-value h))
        (todo . ,(let ((k (org-element-property :todo-keyword h))) (and k (substring-no-properties k))))
        (priority . ,(let ((p (org-element-property :priority h)))
                       (and p (if (numberp p) (if (< p 65) (number-to-string p) (char-to-string p)) p))))
        (tags . ,(vconcat (mapcar #'substring-no-properties (org-element-property :tags h))))))))

(defun wb-src ()
  (org-element-map (org-element-parse-buffer 'element) 'src-block
    (lambda (s)
      `((lang . ,(org-element-property :language s))
        (value . ,(org-element-property :value s))))))

(defun wb-answer (org)
  (setq wb-ids #x1000000)
  (with-temp-buffer
    (insert org)
    (let ((org-mode-hook nil)) (org-mode))
    (let ((headlines (vconcat (wb-headlines)))
          (src (vconcat (wb-src)))
          (html (org-export-as 'html nil nil t '(:with-toc nil :section-numbers nil :with-broken-links t))))
      `((headlines . ,headlines) (src . ,src) (html . ,(substring-no-properties html))))))

(defun wb-reference ()
  (let* ((in (pop command-line-args-left)) (out (pop command-line-args-left))
         (json-null nil) (coding-system-for-write 'utf-8) (coding-system-for-read 'utf-8) lines)
    (with-temp-buffer
      (insert-file-contents in)
      (while (not (eobp))
        (let* ((record (json-parse-string (buffer-substring (point) (line-end-position)) :object-type 'alist))
               (id (alist-get 'id record))
               (answer (condition-case e (wb-answer (alist-get 'org record))
                         (error `((error . ,(error-message-string e)))))))
          (push (json-encode (cons `(id . ,id) answer)) lines))
        (forward-line 1)))
    (with-temp-file out (dolist (l (nreverse lines)) (insert l "\n")))))
